using CsCheck;
using PredMaint.Core.Alerts;

namespace PredMaint.Core.Tests.Alerts;

public class AlertStateTests
{
    private static readonly AlertPolicy At8 = new() { RaiseAt = 0.8f, ClearAt = 0.5f };
    private static readonly AlertPolicy Life30 = new() { RaiseAt = 30, ClearAt = 35, RaiseBelow = true };

    [Fact]
    public void Raised_above_raiseAt_and_cleared_at_clearAt() =>
        AssertSteps(At8, (0.8f, "-"), (0.81f, "raised"), (0.9f, "-"), (0.51f, "-"), (0.5f, "cleared"), (0.8f, "-"), (0.81f, "raised"));

    [Fact]
    public void Remaining_life_raises_below_raiseAt_and_clears_at_clearAt() =>
        AssertSteps(Life30, (30, "-"), (29.9f, "raised"), (10, "-"), (34.9f, "-"), (35, "cleared"), (30, "-"));

    [Fact]
    public void Raised_when_M_of_the_last_N_scores_are_beyond_the_limit() =>
        AssertSteps(At8 with { RaiseAfter = new MOfN(2, 3) }, (1, "-"), (0, "-"), (0, "-"), (1, "-"), (0, "-"), (1, "raised"));

    [Fact]
    public void Cleared_when_M_of_the_last_N_scores_are_at_or_below_clearAt() =>
        AssertSteps(At8 with { ClearAfter = new MOfN(2, 3) }, (1, "raised"), (0, "-"), (1, "-"), (0.6f, "-"), (0.5f, "-"), (0.6f, "-"), (0, "cleared"));

    [Fact]
    public void Both_windows_are_empty_after_each_transition()
    {
        var policy = At8 with { RaiseAfter = new MOfN(2, 4), ClearAfter = new MOfN(2, 4) };
        // Without emptying, the 0 before the first raise would help to clear, and the 1s before the clearing to raise again.
        AssertSteps(policy, (0, "-"), (1, "-"), (1, "raised"), (0, "-"), (1, "-"), (0, "cleared"), (1, "-"), (0, "-"), (1, "raised"));
    }

    [Fact]
    public void Onset_is_the_time_of_the_oldest_counted_score_of_the_window_that_raised()
    {
        var policy = At8 with { RaiseAfter = new MOfN(2, 3) };
        var state = Run(policy, [1, 0, 0, 0, 1, 1]);
        Assert.Equal((true, 4L), (state.Active, state.OnsetUs));
        Assert.Equal(2, Run(policy, [0, 0, 1, 0, 1]).OnsetUs);
    }

    [Fact]
    public void Onset_at_1_of_1_is_the_reading_itself() => Assert.Equal(3, Run(At8, [0, 0, 0, 1, 1]).OnsetUs);

    [Fact]
    public void Onset_stays_while_the_alert_is_active_and_changes()
    {
        var policy = At8 with { Levels = [new SeverityLevel(0.9f, Severity.Critical)] };
        var state = Run(policy, [0, 0.85f, 0.95f]);
        Assert.Equal((Severity.Critical, 1L), (state.Severity, state.OnsetUs));
    }

    [Fact]
    public void A_gap_empties_the_windows_and_leaves_the_alert_active()
    {
        var policy = At8 with { RaiseAfter = new MOfN(2, 2), ClearAfter = new MOfN(2, 2) };
        var state = Run(policy, [1]);
        state.EmptyWindows();
        Assert.Equal(AlertChange.None, state.Step(policy, 1, 10));
        Assert.Equal(AlertChange.Raised, state.Step(policy, 1, 11));
        Assert.Equal(10, state.OnsetUs);
        state.Step(policy, 0, 12);
        state.EmptyWindows();
        Assert.True(state.Active);
        Assert.Equal(AlertChange.None, state.Step(policy, 0, 20));
        Assert.Equal(AlertChange.Cleared, state.Step(policy, 0, 21));
    }

    [Fact]
    public void Severity_is_that_of_the_furthest_level_passed_whatever_their_order()
    {
        var policy = At8 with { Severity = Severity.Info, Levels = [new(0.95f, Severity.Critical), new(0.9f, Severity.Warning)] };
        Assert.Equal([Severity.Info, Severity.Info, Severity.Warning, Severity.Warning, Severity.Critical],
            new[] { 0.85f, 0.9f, 0.91f, 0.95f, 0.96f }.Select(policy.SeverityOf));
        var life = Life30 with { Levels = [new(20, Severity.Warning), new(10, Severity.Critical)], Severity = Severity.Info };
        Assert.Equal([Severity.Info, Severity.Info, Severity.Warning, Severity.Warning, Severity.Critical],
            new[] { 25f, 20, 19, 10, 9 }.Select(life.SeverityOf));
    }

    [Fact]
    public void Changed_when_M_of_N_hold_for_another_severity_up_and_down()
    {
        var policy = At8 with { RaiseAfter = new MOfN(2, 3), Levels = [new(0.9f, Severity.Critical)] };
        AssertSteps(policy, (0.85f, "-"), (0.85f, "raised"), (1, "-"), (0.85f, "-"), (1, "changed"), (0.85f, "-"), (1, "-"), (0.85f, "changed"));
    }

    [Fact]
    public void Between_clearAt_and_raiseAt_no_severity_is_counted()
    {
        var policy = At8 with { Levels = [new(0.9f, Severity.Critical)] };
        AssertSteps(policy, (1, "raised"), (0.7f, "-"), (0.8f, "-"), (0.81f, "changed"), (0.5f, "cleared"));
    }

    [Fact]
    public void A_policy_with_another_N_counts_anew_since_the_old_times_are_not_those_of_its_window()
    {
        var state = Run(At8 with { RaiseAfter = new MOfN(3, 3) }, [1, 1]);
        var policy = At8 with { RaiseAfter = new MOfN(3, 5) };
        Assert.Equal([AlertChange.None, AlertChange.None, AlertChange.Raised], new long[] { 7, 8, 9 }.Select(t => state.Step(policy, 1, t)));
        Assert.Equal(7, state.OnsetUs);
    }

    [Fact]
    public void Every_sequence_gives_what_the_contract_says_word_by_word()
    {
        var mOfN = Gen.Select(Gen.Int[1, 64], Gen.Int[1, 64], (a, b) => new MOfN(Math.Min(a, b), Math.Max(a, b)));
        var small = Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4], (a, b) => new MOfN(Math.Min(a, b), Math.Max(a, b)));
        var either = Gen.OneOf(mOfN, small);
        var severity = Gen.Enum<Severity>();
        var levels = Gen.Select(Gen.Int[6, 9], severity, (at, s) => new SeverityLevel(at, s)).Array[0, 3];
        // Scores 0 to 10 in runs, so that long windows fill; -1 is a gap. Raise at 6, clear at 4.
        var runs = Gen.Select(Gen.OneOf(Gen.Int[0, 10], Gen.Int[7, 10], Gen.Frequency((9, Gen.Int[0, 4]), (1, Gen.Const(-1)))), Gen.Int[1, 30]).Array[1, 20];
        Gen.Select(either, either, severity, levels, Gen.Bool, runs).Sample((raise, clear, own, above, below, scores) =>
        {
            var sign = below ? -1 : 1;
            var policy = new AlertPolicy
            {
                RaiseAt = 6 * sign, ClearAt = 4 * sign, RaiseBelow = below, RaiseAfter = raise, ClearAfter = clear, Severity = own,
                Levels = [.. above.DistinctBy(l => l.At).Select(l => l with { At = l.At * sign })],
            };
            var (naive, state, time) = (new NaiveAlert(policy), new AlertState(), 0L);
            foreach (var score in scores.SelectMany(r => Enumerable.Repeat(r.Item1, r.Item2)))
            {
                time += 10;
                if (score == -1)
                {
                    naive.GapOrReset();
                    state.EmptyWindows();
                    continue;
                }
                Assert.Equal(naive.Step(score * sign, time), state.Step(policy, score * sign, time));
                Assert.Equal(naive.Active, state.Active);
                if (naive.Active) Assert.Equal((naive.Severity, naive.OnsetUs), (state.Severity, state.OnsetUs));
            }
        }, iter: 1000);
    }

    private static void AssertSteps(AlertPolicy policy, params (float Score, string Change)[] table)
    {
        var state = new AlertState();
        var changes = table.Select((row, i) => state.Step(policy, row.Score, i) is var change and not AlertChange.None ? change.ToString().ToLowerInvariant() : "-");
        Assert.Equal(table.Select(row => row.Change), changes);
    }

    /// <summary>The state after these scores, one a microsecond from 0 on.</summary>
    private static AlertState Run(AlertPolicy policy, float[] scores)
    {
        var state = new AlertState();
        for (var i = 0; i < scores.Length; i++) state.Step(policy, scores[i], i);
        return state;
    }
}
