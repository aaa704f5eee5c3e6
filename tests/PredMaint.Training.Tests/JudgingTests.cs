using System.Globalization;
using System.Text.Json.Nodes;
using PredMaint.Onnx;
using PredMaint.Training.Data;
using PredMaint.Training.Learning;
using PredMaint.Training.Networks;

namespace PredMaint.Training.Tests;

/// <summary><c>evaluate</c> and <c>calibrate</c>, as a data scientist meets them.</summary>
[Collection("console")]
public sealed class JudgingTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-judging-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Limits_from_sound_readings_let_a_model_find_what_is_anomalous()
    {
        var model = Model();
        var sound = Table("sound.csv", seed: 1, anomalous: false);
        Assert.Equal((0, ""), TrainProgram.Run(out var said, "calibrate", model, "--data", sound, "--sound", "--false-alarms", "30"));
        Assert.Contains("for      30 false alarms a machine in 30 days", said, StringComparison.Ordinal);
        var manifest = JsonNode.Parse(File.ReadAllText(ModelFiles.ManifestOf(model)))!;
        Assert.True((double)manifest["alert"]!["raiseAt"]! > (double)manifest["alert"]!["clearAt"]!, $"{manifest["alert"]}");
        Assert.Equal(("3/5", 30), ((string)manifest["alert"]!["raiseAfter"]!, (double)manifest["trained"]!["calibration"]!["falseAlarmsIn30Days"]!));

        Assert.Equal((0, ""), TrainProgram.Run(out var metrics, "evaluate", model, "--data", Table("sick.csv", seed: 2, anomalous: true), "--label", "bad", "--json"));
        var judged = JsonNode.Parse(metrics)!;
        Assert.True((double)judged["vusPr"]! > 0.7 && (double)judged["f1"]! > 0.7, metrics);
        Assert.Equal(1, (double)judged["eventRecall"]!["value"]!);
        Assert.InRange((double)judged["delaySeconds"]!, 20, 60);
    }

    [Fact]
    public void A_model_of_remaining_life_is_judged_by_lives()
    {
        var life = Path.Combine(Shipped.Models, Pipeline.FailureFile);
        Assert.Equal((0, ""), TrainProgram.Run(out var said, "evaluate", life, "--data", Shipped.Data, "--layout", "cmapss", "--set", "FD003"));
        Assert.Contains("at each last reading  RMSE 9.", said, StringComparison.Ordinal);
        Assert.Equal((2, "predmaint-train: turbofan-failure@2 alerts by remaining life: its raiseAt is the lead time that you need, not a matter of false alarms"), TrainProgram.Run(out _, "calibrate", life, "--data", Shipped.Data, "--layout", "cmapss"));
    }

    [Theory]
    [InlineData("machineId,timestamp,a,b,bad\n", "has no readings")]
    [InlineData("machineId,timestamp,a,bad\nm,1000,1,0\n", "m lacks b, which made@1 reads; it has a")]
    [InlineData("machineId,timestamp,a,b,bad\nm,1000,1,1,0\n", "no reading is labelled as anomalous")]
    [InlineData("machineId,timestamp,a,b,bad\nm,1000,1,1,1\n", "nothing was scored: each of the 1 machines needs 20 readings to warm up")]
    [InlineData("machineId,timestamp,a,b\nm,1000,1,1\n", "has no column bad")]
    public void Data_that_tells_nothing_is_refused_in_a_sentence(string table, string complaint)
    {
        var file = Path.Combine(folder.FullName, "t.csv");
        File.WriteAllText(file, table);
        var (code, error) = TrainProgram.Run(out _, "evaluate", Model(), "--data", file, "--label", "bad");
        Assert.Equal(2, code);
        Assert.Contains(complaint, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_do_not_come_from_readings_that_are_anomalous_or_too_few()
    {
        var model = Model();
        Assert.Contains("labelled as anomalous", TrainProgram.Run(out _, "calibrate", model, "--data", Table("sick.csv", seed: 2, anomalous: true), "--label", "bad").Error, StringComparison.Ordinal);
        Assert.Contains("no times", TrainProgram.Run(out _, "calibrate", Path.Combine(Shipped.Models, Pipeline.AnomalyFile), "--data", Shipped.Data, "--layout", "cmapss", "--sound").Error, StringComparison.Ordinal);
        Assert.Contains("or --sound that all are", TrainProgram.Run(out _, "calibrate", model, "--data", Table("sound.csv", seed: 1, anomalous: false)).Error, StringComparison.Ordinal);
        Assert.False(File.Exists(ModelFiles.ManifestOf(model)));
    }

    [Fact]
    public void A_model_that_is_none_is_refused()
    {
        var (code, error) = TrainProgram.Run(out _, "evaluate", Path.Combine(folder.FullName, "nowhere.onnx"), "--data", Table("sound.csv", seed: 1, anomalous: false));
        Assert.Equal(2, code);
        Assert.Contains("the model cannot be read", error, StringComparison.Ordinal);
    }

    /// <summary>A forecast of two sensors that swing, its manifest inside and without limits.</summary>
    private string Model()
    {
        var file = Path.Combine(folder.FullName, "made.onnx");
        var sound = ReadingTable.Read(Table("fit.csv", seed: 3, anomalous: false), label: null, life: null).Select(s => s with { LifeAfterLast = 10_000 }).ToList();
        using var net = FitJob.Fit(new NetworkSpec(Architecture.Lstm, HeadKind.Forecast, Width: 8, ["a", "b"], [0]), [.. sound.Select(s => s with { Features = ["a", "b"] })], epochs: 20, seed: 1, "made", _ => { });
        net.eval();
        net.Write(file, new ModelName("made", "1"), alert: null, trained: null);
        return file;
    }

    /// <summary>A reading every ten seconds of four machines; where it is anomalous, each has a stretch at which sensor b is off.</summary>
    private string Table(string name, int seed, bool anomalous)
    {
        var random = new Random(seed);
        var file = Path.Combine(folder.FullName, name);
        File.WriteAllLines(file, (from step in Enumerable.Range(0, 2000)
                                  from machine in Enumerable.Range(0, 4)
                                  let isBad = anomalous && step >= 900 + 100 * machine && step < 960 + 100 * machine
                                  select string.Create(CultureInfo.InvariantCulture, $"m{machine},{1_700_000_000_000 + 10_000L * step},{Math.Sin(step / 15.0) + 0.1 * random.NextDouble():F4},{50 + random.NextDouble() + (isBad ? 2 : 0):F4}{(name == "fit.csv" ? "" : isBad ? ",1" : ",0")}"))
            .Prepend($"machineId,timestamp,a,b{(name == "fit.csv" ? "" : ",bad")}"));
        return file;
    }
}
