using System.Globalization;
using System.Text.Json.Nodes;
using PredMaint.Core.Models;
using PredMaint.Training.Data;
using PredMaint.Training.Evaluation;
using PredMaint.Training.Export;
using PredMaint.Training.Learning;
using PredMaint.Training.Networks;
using PredMaint.Training.Runs;

namespace PredMaint.Training.Tests;

/// <summary><c>train</c> on someone's own data, small and made up, so that it is known what there is to find.</summary>
[Collection("console")]
public sealed class TrainTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-train-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("life", "lstm", "stateful")]
    [InlineData("life", "transformer", "window")]
    [InlineData("probability", "rnn", "stateful")]
    [InlineData("probability", "lstm", "window")]
    public void Failures_are_foretold_by_a_model_that_has_seen_others(string head, string architecture, string mode)
    {
        var data = Failing("pumps.csv", machines: 20);
        string[] window = mode == "window" ? ["--steps", "20"] : [];
        Assert.Equal((0, ""), Train(out var said, data, ["--head", head, "--architecture", architecture, "--mode", mode, .. head == "life" ? ["--life-limit", "50"] : new[] { "--horizon", "20" }, "--epochs", "80", .. window]));
        Assert.Contains("12 machines to fit, 4 to choose the best epoch and the limits, 4 to judge", said, StringComparison.Ordinal);

        var report = JsonNode.Parse(File.ReadAllText(In(TrainRun.MetricsFile)))!;
        Assert.Equal((1.0, 0), ((double)report["warnings"]!["warned"]!["value"]!, (int)report["warnings"]!["falseAlarms"]!["value"]!));
        if (head == "life")
        {
            Assert.InRange((double)report["atAnyCut"]!["rmseExpected"]!, 0, 9);
            Assert.InRange((double)report["coverage"]!["value"]!, 0.6, 1);
        }
        else
        {
            Assert.InRange((double)report["probability"]!["brier"]!, 0, 0.08);
            Assert.InRange((double)report["probability"]!["auc"]!, 0.95, 1);
            Assert.Contains("of a failure within 20: Brier score", said, StringComparison.Ordinal);
        }
        using var model = ModelFile.Load(In(TrainRun.ModelFileName));
        Assert.Equal((ModelKind.Failure, mode == "window" ? 20 : 1, $"pumps-{head}@1"), (model.Manifest.Kind, model.Manifest.Steps, model.Manifest.NameAndVersion));
        Assert.Equal(["vibration", "current"], model.Manifest.Features);
        Assert.Equal((0, ""), TrainProgram.Run(out var judged, "evaluate", In(TrainRun.ModelFileName), "--data", Failing("others.csv", machines: 10, seed: 2), "--clip", "50", "--latest-warning", "5", "--earliest-warning", "30"));
        Assert.Contains("100 % (95 %: 69.15 to 100) of 10 that ran to failure", judged, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lstm", "stateful", 2)]
    [InlineData("rnn", "window", 1)]
    public void Anomalies_are_found_by_a_model_that_learnt_from_what_is_not_labelled(string architecture, string mode, int networks)
    {
        Assert.Equal((0, ""), Train(out var said, Labelled("fans.csv"), "--label", "bad", "--architecture", architecture, "--mode", mode, "--networks", $"{networks}", "--epochs", "30", "--false-alarms", "30"));
        Assert.Contains("30 false alarms a machine in 30 days", said, StringComparison.Ordinal);
        Assert.Equal(networks == 2, said.Contains("mean and twice the standard error", StringComparison.Ordinal));
        var metrics = JsonNode.Parse(File.ReadAllText(In(TrainRun.MetricsFile)))!;
        Assert.Equal(1, (double)metrics["eventRecall"]!["value"]!);
        Assert.InRange((double)metrics["vusPr"]!, 0.8, 1);
        using var model = ModelFile.Load(In(TrainRun.ModelFileName));
        Assert.Equal((ModelKind.Anomaly, AlertingOutput.Forecast), (model.Manifest.Kind, model.Manifest.Alerting));
    }

    [Fact]
    public void A_run_leaves_all_that_it_takes_to_judge_and_to_repeat_it()
    {
        var (data, copy) = (Failing("pumps.csv", machines: 10), Path.Combine(folder.FullName, "models", "pumps.onnx"));
        Assert.Equal((0, ""), Train(out var said, data, "--life-limit", "50", "--epochs", "4", "--networks", "2", "--out", copy));
        Assert.Equal(File.ReadAllBytes(In(TrainRun.ModelFileName)), File.ReadAllBytes(copy));
        using var model = ModelFile.Load(copy);
        var trained = model.Manifest.Trained!;
        Assert.Equal(("pumps.csv", Cmapss.Sha256(File.ReadAllBytes(data))), ((string)trained["data"]![0]!["file"]!, (string)trained["data"]![0]!["sha256"]!));
        Assert.Equal((64, 2), (((string)trained["configuration"]!).Length, trained["epochs"]!.AsArray().Count));
        Assert.NotNull(trained["metrics"]!["byNetwork"]);
        Assert.Equal((12, 14, "3/5"), (model.Manifest.Alert.RaiseAt, model.Manifest.Alert.ClearAt, $"{model.Manifest.Alert.RaiseAfter}"));
        var configuration = JsonNode.Parse(File.ReadAllText(In(TrainRun.ConfigurationFile)))!;
        Assert.Equal((6, 50), (configuration["machines"]!["fit"]!.AsArray().Count, (int)configuration["plan"]!["network"]!["lifeLimit"]!));
        Assert.Equal(1 + 2 * 4, File.ReadAllLines(In(TrainRun.LossFile)).Length);
        Assert.True(File.ReadAllText(In(TrainRun.ReportFile)).Split("data:image/png;base64,").Length > 6, "pictures are missing");
        Assert.Contains("left out, as they never change: firmware", said, StringComparison.Ordinal);
        Assert.Contains("values are missing", said, StringComparison.Ordinal);

        // Interrupted: only what is missing is fitted, and the same comes of it; as in another folder, from a copy of the data.
        File.Delete(In("network-2.bin"));
        var again = new List<string>();
        var plan = new RunPlan(new DataSource(data, Layout.Readings, "", null, null, Sound: false, TimeSpan.FromMinutes(10)), new NetworkSpec(Architecture.Lstm, HeadKind.Life, 32, [], [0], Noise: 0.3, LifeLimit: 50, Unit: "readings"), 2, 4, 20, 1, null, null, 1, new ModelName("pumps-life", "1"));
        TrainRun.Run(plan, In(""), done => again.Add(done.Model));
        Assert.Equal(["network 2 of 2"], again.Distinct(StringComparer.Ordinal));
        Assert.Equal(File.ReadAllBytes(copy), File.ReadAllBytes(In(TrainRun.ModelFileName)));
        var moved = Path.Combine(Directory.CreateDirectory(Path.Combine(folder.FullName, "moved")).FullName, "pumps.csv");
        File.Copy(data, moved);
        TrainRun.Run(plan with { Data = plan.Data with { Path = moved } }, In("elsewhere"), _ => { });
        Assert.Equal(File.ReadAllBytes(copy), File.ReadAllBytes(In(Path.Combine("elsewhere", TrainRun.ModelFileName))));
    }

    /// <summary>Lives of noise: what is learnt of the machines to fit is untrue of others.</summary>
    [Fact]
    public void A_network_stops_when_machines_held_out_gain_no_more_and_keeps_its_best_epoch()
    {
        var machines = Enumerable.Range(0, 8).Select(m => new Random(m) is var random ? new Series($"m{m}", ["a", "b"], [.. Enumerable.Range(0, 160).Select(_ => random.NextSingle())], random.Next(100)) : null!).ToList();
        var (fit, heldOut) = (machines[..4], machines[4..]);
        var losses = new List<EpochDone>();
        using var net = FitJob.Fit(new NetworkSpec(Architecture.Lstm, HeadKind.Life, 32, ["a", "b"], [0]), fit, epochs: 300, seed: 1, "made", losses.Add, heldOut, patience: 5);
        var best = losses.MinBy(l => l.Loss.HeldOut)!;
        Assert.True(losses.Count < 300, "it never stopped");
        Assert.Equal((best.Epoch + 5, losses.Count), (losses.Count, losses[^1].Epochs));
        Assert.True(losses[^1].Loss.HeldOut > best.Loss.HeldOut + 0.001, $"its last epoch is as good as its best: {losses[^1].Loss.Text}");
        Assert.Equal(best.Loss.HeldOut!.Value, net.HeldOutLoss(heldOut), 6);
    }

    [Fact]
    public void A_chosen_sensor_tells_operating_conditions_apart()
    {
        Assert.Equal((0, ""), Train(out var said, Failing("pumps.csv", machines: 20, conditions: 2), "--condition", "speed", "--life-limit", "50", "--epochs", "80"));
        Assert.Contains("2 operating conditions, at speed of 10, 20", said, StringComparison.Ordinal);
        using var model = ModelFile.Load(In(TrainRun.ModelFileName));
        Assert.Equal(["speed"], model.Manifest.Optional);
        Assert.InRange((double)model.Manifest.Trained!["metrics"]!["atAnyCut"]!["rmseExpected"]!, 0, 9);
    }

    [Fact]
    public void Machines_that_are_sound_throughout_teach_and_only_their_false_alarms_are_judged()
    {
        Assert.Equal((0, ""), Train(out var said, Failing("pumps.csv", machines: 10), "--sound", "--epochs", "2"));
        Assert.Contains("only false alarms can be judged", said, StringComparison.Ordinal);
        Assert.Contains("give more clean readings; above what most of 2 sound stretches come to", said, StringComparison.Ordinal);
        Assert.Matches(@"VUS-PR +-\n", said);
    }

    [Fact]
    public void All_mistakes_in_options_are_named_at_once()
    {
        var (code, error) = Train(out _, Failing("pumps.csv", machines: 5), "--architecture", "transformer", "--mode", "stateful", "--steps", "5", "--horizon", "3", "--false-alarms", "3", "--raise-at", "200", "--set", "x", "--name", "a|b", "--out", folder.FullName);
        Assert.Equal(2, code);
        var mistakes = error.Split(Environment.NewLine);
        Assert.All(new[] { "transformer has no state", "--steps is of windows", "--horizon is of --head probability", "--false-alarms is of --head forecast", "leave out one", "less than 125", "--set is of", "--name must be", "is a folder" }, part => Assert.Contains(mistakes, m => m.StartsWith("predmaint-train: ", StringComparison.Ordinal) && m.Contains(part, StringComparison.Ordinal)));
        Assert.Equal(9, mistakes.Length);
        Assert.False(Directory.Exists(In("")));
    }

    [Theory]
    [InlineData("4 machines are too few to be dealt to three uses", 4)]
    [InlineData("--head life learns from failures, the data says only what is anomalous", 5, "--sound", "--head", "life")]
    [InlineData("none of the 6 machines to fit has more than 20 readings in a row, less than 0.5 minutes apart", 10, "--max-gap", "0.5")]
    [InlineData("none of the 2 machines to choose has more than 400 readings in a row", 10, "--mode", "window", "--steps", "400")]
    [InlineData("--condition: there is no speeed; there are vibration", 5, "--condition", "speeed")]
    [InlineData("the values of vibration do not lie in 2 to 20 groups that are narrow and apart", 10, "--condition", "vibration")]
    [InlineData("has no column bad", 5, "--label", "bad")]
    public void A_mistake_in_the_data_is_named(string complaint, int machines, params string[] options)
    {
        var (code, error) = Train(out _, Failing("pumps.csv", machines), options);
        Assert.Equal(2, code);
        Assert.Contains(complaint, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none of the 3 machines to fit comes within 125 readings of a failure", "a,left", "STEP,LEFT", "--life", "left")]
    [InlineData("b has no value in 5 machines, m0 among them", "a,b", "STEP,")]
    [InlineData("no sensor of the 3 machines to fit ever changes", "a,b", "1,2")]
    public void Readings_that_teach_nothing_are_named(string complaint, string header, string row, params string[] options)
    {
        var file = Path.Combine(folder.FullName, "odd.csv");
        File.WriteAllLines(file, (from machine in Enumerable.Range(0, 5)
                                  from step in Enumerable.Range(0, 60)
                                  select $"m{machine},{1000L * step},{row.Replace("STEP", $"{step}", StringComparison.Ordinal).Replace("LEFT", $"{900 - step}", StringComparison.Ordinal)}")
            .Prepend($"machineId,timestamp,{header}"));
        var (code, error) = Train(out _, file, options);
        Assert.Equal(2, code);
        Assert.Contains(complaint, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_end_at_gaps_and_at_what_is_unwanted_and_a_missing_value_is_the_last_one_seen()
    {
        var series = new Series("m", ["a", "b"], [1, float.NaN, 2, 3, float.NaN, 4, 5, 6, float.NaN, 7, 8, 9, 9, 9], 5) { TimesUs = [0, 1_000_000, 2_000_000, 3_000_000, 9_000_000, 10_000_000, 11_000_000] };
        var parts = series.Parts(TimeSpan.FromSeconds(2), step => step != 3, most: 10).ToList();
        // The first reading has no b yet, the fourth is unwanted, the fifth comes after a gap and has no a of its own.
        Assert.Equal([[2, 3, 2, 4], [8, 9, 9, 9]], parts.Select(p => p.Values));
        Assert.Equal([9, 5], parts.Select(p => p.LifeAfterLast));
        Assert.Equal([series.LifeAt(1), series.LifeAt(5)], parts.Select(p => p.LifeAt(0)));
        Assert.Equal([2, 2, 2], series.Parts(TimeSpan.FromHours(1), _ => true, most: 2).Select(p => p.Steps));
    }

    /// <summary>Pumps whose vibration grows over their last thirty readings, a reading a minute; firmware never changes, and some values are missing.</summary>
    private string Failing(string name, int machines, int seed = 1, int conditions = 1)
    {
        var random = new Random(seed);
        var file = Path.Combine(folder.FullName, name);
        var lines = new List<string> { $"machineId,timestamp,vibration,current,firmware{(conditions > 1 ? ",speed" : "")}" };
        for (var machine = 0; machine < machines; machine++)
            for (int steps = random.Next(60, 110), left = steps - 1; left >= 0; left--)
            {
                var condition = random.Next(conditions);
                var vibration = 3 * Math.Exp(-left / 15.0) + 0.1 * random.NextDouble() + 50 * condition;
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"pump-{machine},{1_700_000_000_000 + 60_000L * (steps - left)},{(conditions == 1 && random.Next(50) == 0 && left < steps - 1 ? "" : $"{vibration:F3}")},{5 + random.NextDouble():F3},12{(conditions > 1 ? $",{10 + 10 * condition}" : "")}"));
            }
        File.WriteAllLines(file, lines);
        return file;
    }

    /// <summary>A reading every ten seconds; all but every third fan have a stretch at which b is off.</summary>
    private string Labelled(string name)
    {
        var random = new Random(1);
        var file = Path.Combine(folder.FullName, name);
        File.WriteAllLines(file, (from machine in Enumerable.Range(0, 10)
                                  from step in Enumerable.Range(0, 2000)
                                  let isBad = machine % 3 != 0 && step >= 900 + machine && step < 940
                                  select string.Create(CultureInfo.InvariantCulture, $"fan-{machine},{1_700_000_000_000 + 10_000L * step},{Math.Sin(step / 15.0) + 0.1 * random.NextDouble():F4},{50 + random.NextDouble() + (isBad ? 2 : 0):F4},{(isBad ? 1 : 0)}"))
            .Prepend("machineId,timestamp,a,b,bad"));
        return file;
    }

    private string In(string file) => Path.Combine(folder.FullName, "run", file);

    private (int Code, string Error) Train(out string said, string data, params IEnumerable<string> options) => TrainProgram.Run(out said, ["train", "--data", data, "--run", In(""), .. options]);
}
