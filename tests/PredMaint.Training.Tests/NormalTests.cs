using System.Globalization;
using System.Text.Json.Nodes;
using PredMaint.Training.Export;

namespace PredMaint.Training.Tests;

/// <summary><c>normal</c>: a model for machines without history, as an engineer asks for it.</summary>
[Collection("console")]
public sealed class NormalTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-normal-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Names_of_sensors_are_enough_for_a_model_that_finds_faults_of_machines_that_nobody_knew()
    {
        Assert.Equal((0, ""), Normal(out var said, "--features", "a,b"));
        Assert.Contains("raiseAt 5, clearAt 3.5, 3/5 both: the default", said, StringComparison.Ordinal);
        Assert.Equal((0, ""), TrainProgram.Run(out var metrics, "evaluate", In("normal.onnx"), "--data", Table("sick.csv", seed: 2, isSick: true), "--label", "bad", "--json"));
        var judged = JsonNode.Parse(metrics)!;
        Assert.True((double)judged["vusPr"]! > 0.8 && (double)judged["f1"]! > 0.8 && (double)judged["falseAlarmRate"]! < 0.03, metrics);
        Assert.Equal(1, (double)judged["eventRecall"]!["value"]!);
    }

    [Fact]
    public void Readings_of_sound_machines_say_which_sensors_drift_and_how_high_the_limit_must_lie()
    {
        Assert.Equal((0, ""), Normal(out var said, "--data", Table("sound.csv", seed: 1, isSick: false, steps: 6000), "--label", "bad", "--false-alarms", "30"));
        Assert.Contains("watches     a, b\n", said, StringComparison.Ordinal);
        Assert.Contains("leaves out  what drifts or never changes: c\n", said, StringComparison.Ordinal);
        Assert.Contains("30 false alarms a machine in 30 days, from ", said, StringComparison.Ordinal);
        using var model = ModelFile.Load(In("normal.onnx"));
        Assert.Equal(["a", "b"], model.Manifest.Features);
        Assert.Equal(model.Manifest.Features, model.Manifest.Optional);
        Assert.Contains("sound.csv", model.Manifest.Trained!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--features SENSOR,... says what to watch, or --data readings of sound machines")]
    [InlineData("--features names a sensor twice", "--features", "a,a")]
    [InlineData("--warmup 50 is too short for --delay 100 and --taps 4: it must be twice their sum at least", "--features", "a", "--warmup", "50", "--delay", "100")]
    [InlineData("a worker keeps 655360 bytes of a machine, the memory of 1 of these 2 sensors: fewer --features, --patterns or --taps", "--features", "a,b", "--taps", "32", "--patterns", "4096")]
    [InlineData("a worker keeps 655360 bytes of a machine, the memory of 0 of these 1 sensors: fewer --features, --patterns or --taps", "--features", "a", "--taps", "128", "--patterns", "4096")]
    [InlineData("--scales 3 would halve --taps 2 to nothing", "--features", "a", "--taps", "2", "--scales", "3")]
    [InlineData("--raise-at must be more than 0", "--features", "a", "--raise-at", "0")]
    public void What_makes_no_model_is_said(string complaint, params string[] args) => Assert.Equal((2, $"predmaint-train: {complaint}"), Normal(out _, args));

    [Fact]
    public void Readings_of_which_nobody_says_that_they_are_sound_give_no_limit() =>
        Assert.Equal((2, "predmaint-train: --data is of sound machines: --label COLUMN says which readings are not, or --sound that all are"), Normal(out _, "--data", Table("sound.csv", seed: 1, isSick: false)));

    private (int, string) Normal(out string said, params string[] args) => TrainProgram.Run(out said, ["normal", "--out", In("normal.onnx"), .. args]);

    private string In(string name) => Path.Combine(folder.FullName, name);

    /// <summary>A reading every ten seconds of four machines: a swings, b holds its level, c drifts. Sick, b is off for two hundred readings.</summary>
    private string Table(string name, int seed, bool isSick, int steps = 2000)
    {
        var random = new Random(seed);
        var drift = new double[4];
        File.WriteAllLines(In(name), (from step in Enumerable.Range(0, steps)
                                      from machine in Enumerable.Range(0, 4)
                                      let isBad = isSick && step >= 900 + 100 * machine && step < 1100 + 100 * machine
                                      select string.Create(CultureInfo.InvariantCulture, $"m{machine},{1_700_000_000_000 + 10_000L * step},{Math.Sin(step / 15.0) + 0.1 * random.NextDouble():F4},{50 + random.NextDouble() + (isBad ? 3 : 0):F4},{drift[machine] += 0.1 * (random.NextDouble() - 0.4):F4},{(isBad ? 1 : 0)}"))
            .Prepend("machineId,timestamp,a,b,c,bad"));
        return In(name);
    }
}
