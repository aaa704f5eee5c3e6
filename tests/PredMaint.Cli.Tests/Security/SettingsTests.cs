using System.Text.RegularExpressions;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Security;

/// <summary>A worker under each documented security setting reaches the broker; each wrong setting fails at start with its name.</summary>
[Trait("needs", "kafka")]
public sealed partial class SettingsTests(SecureBroker broker)
{
    /// <summary>Kafka's clients are told within it (contracts.md, "Configuration").</summary>
    private static readonly TimeSpan RefusalLimit = TimeSpan.FromSeconds(30);

    /// <summary>Programs at once: each waits more than it works.</summary>
    private const int AtOnce = 3;

    /// <summary>How passwords and keys of these tests look.</summary>
    private static readonly string[] Secrets = ["-secret", "PRIVATE KEY"];

    /// <summary>Documented settings that no test can try, and why.</summary>
    private static readonly Dictionary<string, string> Excused = new(StringComparer.Ordinal)
    {
        ["sasl.mechanism=GSSAPI"] = "needs a Kerberos domain and libsasl2, which the image has not",
    };

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^(enable\.)?(ssl|sasl|https|security)\.[a-z0-9.]+$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Key();

    [Fact]
    public async Task A_worker_publishes_under_each_right_setting()
    {
        await broker.RequireAsync();
        using var cases = await SettingsCases.CreateAsync(broker);
        await AllAsync(cases.Right, async right =>
        {
            using var job = await Job.WithTopicsAsync(broker.Open);
            if (right.Principal is { } principal) await broker.GrantAsync(SecureBroker.LeastRights(job, $"User:{principal}"));
            await using var worker = job.Run(right.Settings);
            await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 10, steps: 60));
            await Eventually.TrueAsync(async () => worker.HasExited || (await job.AlertsAsync()).Count > 0, $"an alert under {right.What}", state: () => $"{worker.Output}\n{worker.Errors}");
            if (!worker.HasExited) worker.Terminate();
            return await worker.ExitAsync() == 0 ? null : $"{right.What} is right, but: {worker.Errors}\n{worker.Output}";
        });
    }

    [Fact]
    public async Task A_wrong_setting_ends_with_2_and_its_name()
    {
        await broker.RequireAsync();
        using var cases = await SettingsCases.CreateAsync(broker);
        using var job = await Job.WithTopicsAsync(broker.Open);
        await AllAsync(cases.Wrong, async wrong =>
        {
            await using var worker = job.Run(wrong.Settings);
            var started = TimeProvider.System.GetTimestamp();
            await Eventually.TrueAsync(() => worker.HasExited || TimeProvider.System.GetElapsedTime(started) > RefusalLimit, "its end");
            var code = worker.HasExited ? await worker.ExitAsync() : -1;
            var said = $"{worker.Errors}\n{worker.Output}";
            var isNamed = worker.Errors.Contains(wrong.Says, StringComparison.Ordinal) && !Secrets.Any(s => said.Contains(s, StringComparison.Ordinal));
            return code == 2 && isNamed ? null : $"{wrong.What} must name {wrong.Says}, and no secret, but: {code} {said}";
        });
    }

    [Fact]
    public async Task Each_setting_that_SECURITY_md_names_is_tried_right_and_wrong()
    {
        await broker.RequireAsync();
        using var cases = await SettingsCases.CreateAsync(broker);
        var tried = cases.Right.SelectMany(c => c.Settings.GroupBy(s => s[..s.IndexOf('=', StringComparison.Ordinal)], (_, same) => same.Last())).Select(s => s["kafka.".Length..]).ToHashSet(StringComparer.Ordinal);
        var (wrong, said) = (cases.Wrong.Select(c => c.Key).ToHashSet(StringComparer.Ordinal), cases.Wrong.Select(c => c.Says).ToHashSet(StringComparer.Ordinal));
        var missing = new List<string>();
        var values = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in SecurityGuide.Rows("Settings"))
        {
            // A row of one setting tells its values, and files where they may lie.
            string[] keys = [.. Names(row[0])];
            if (keys is [var only]) values.UnionWith(Names(row[1]).Where(v => !Key().IsMatch(v) && !v.StartsWith('/')).Select(v => $"{only}={v}"));
            var all = keys.Concat(Names(row[1]).Where(n => Key().IsMatch(n))).ToList();
            missing.AddRange(all.Where(k => !tried.Any(t => t.StartsWith($"{k}=", StringComparison.Ordinal))).Select(k => $"{k} is not tried right"));
            missing.AddRange(all.Where(k => !wrong.Contains(k)).Select(k => $"{k} is not tried wrong"));
            missing.AddRange(Names(row[2]).Where(n => !said.Contains(n)).Select(n => $"no wrong setting says {n}"));
        }
        missing.AddRange(values.Where(v => !tried.Contains(v) && !Excused.ContainsKey(v)).Select(v => $"{v} is not tried right"));
        missing.AddRange(Excused.Keys.Where(e => !values.Contains(e) || tried.Contains(e)).Select(e => $"{e} needs no excuse"));
        Assert.True(missing.Count == 0, string.Join('\n', missing));
        Assert.True(values.Count > Excused.Count, "SECURITY.md's table of settings is not found");
    }

    private static IEnumerable<string> Names(string cell) => Quoted().Matches(cell).Select(m => m.Groups["name"].Value);

    /// <param name="problem">What is wrong with a case; null when nothing is.</param>
    private static async Task AllAsync<T>(IEnumerable<T> cases, Func<T, Task<string?>> problem)
    {
        var failures = new List<string>();
        await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) =>
        {
            if (await problem(one) is not { } failure) return;
            lock (failures) failures.Add(failure);
        });
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }
}
