using System.IO.Compression;
using PredMaint.Training.Data;

namespace PredMaint.Training.Tests;

public sealed class CmapssTests : IDisposable
{
    private const string Row = "1 1 -0.0007 -0.0004 100.0 518.67 641.82 1589.70 1400.60 14.62 21.61 554.36 2388.06 9046.19 1.30 47.47 521.66 2388.02 8138.62 8.4195 0.03 392 2388 100.00 39.06 23.4190  ";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-cmapss-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData("FD001", 20631)]
    [InlineData("FD002", 43488, 210)]
    [InlineData("FD003", 24720)]
    [InlineData("FD004", 49072, 199)]
    public void The_shipped_training_sets_are_whole_and_run_to_failure(string set, int rows, int count = 100)
    {
        var engines = Cmapss.ReadTrain(Shipped.Data, set);
        Assert.Equal(count, engines.Count);
        Assert.All(engines, e => Assert.Equal(set, Cmapss.SetOf(e.Name)));
        Assert.Equal(rows, engines.Sum(e => e.Steps));
        Assert.All(engines, e => Assert.Equal(0, e.LifeAt(e.Steps - 1)));
    }

    [Theory]
    [InlineData("FD001", 13096, 31, 112)]
    [InlineData("FD003", 16596, 233, 44)]
    public void The_shipped_test_sets_are_whole_and_know_the_lives_left(string set, int rows, int firstSteps, int firstLife)
    {
        var engines = Cmapss.ReadTest(Shipped.Data, set);
        Assert.Equal((100, rows), (engines.Count, engines.Sum(e => e.Steps)));
        Assert.Equal((firstSteps, firstLife), (engines[0].Steps, engines[0].LifeAfterLast));
        Assert.Equal(firstLife + firstSteps - 1, engines[0].LifeAt(0));
    }

    [Fact]
    public void A_reading_holds_fourteen_sensors_and_the_altitude_in_their_order()
    {
        var reading = Cmapss.ReadTrain(Shipped.Data, "FD001")[0].Reading(0).ToArray();
        Assert.Equal(["s2", "s3", "s4", "s7", "s8", "s9", "s11", "s12", "s13", "s14", "s15", "s17", "s20", "s21", "setting1"], Cmapss.Features);
        Assert.Equal([641.82f, 1589.70f, 1400.60f, 554.36f, 2388.06f, 9046.19f, 47.47f, 521.66f, 2388.02f, 8138.62f, 8.4195f, 392f, 39.06f, 23.4190f, -0.0007f], reading);
    }

    [Fact]
    public void Healthy_are_the_cycles_with_more_than_125_to_live()
    {
        var engine = Cmapss.ReadTrain(Shipped.Data, "FD001")[0];
        Assert.Equal(126, engine.LifeAt(engine.HealthySteps() - 1));
        Assert.Equal(125, engine.LifeAt(engine.HealthySteps()));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("1 1 2 3", "line 1: has 4 columns")]
    [InlineData(Row + "\n1 2 nonsense", "line 2: column 3 is unexpected: nonsense")]
    [InlineData(Row + " 7", "line 1: column 27 is unexpected: 7")]
    [InlineData(Row + "\n" + Row, "line 2: unit 1, cycle 1 does not follow unit 1, cycle 1")]
    public void A_file_of_another_layout_is_refused_with_its_line(string text, string complaint)
    {
        Write(Cmapss.TrainFile("FD001"), text);
        var thrown = Assert.Throws<DataException>(() => Cmapss.ReadTrain(folder.FullName, "FD001"));
        Assert.Contains(complaint, thrown.Message, StringComparison.Ordinal);
        Assert.Contains(Cmapss.TrainFile("FD001"), thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lives_must_be_as_many_as_engines()
    {
        Write(Cmapss.TestFile("FD001"), Row);
        Write(Cmapss.LifeFile("FD001"), "112 \n98 \n");
        Assert.Contains("2 lives for 1 engines", Assert.Throws<DataException>(() => Cmapss.ReadTest(folder.FullName, "FD001")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("train_FD009.txt.gz: does not exist", Assert.Throws<DataException>(() => Cmapss.ReadTrain(folder.FullName, "FD009")).Message, StringComparison.Ordinal);

    [Fact]
    public void No_engine_has_two_uses_and_the_seed_decides()
    {
        IReadOnlyList<Series>[] sets = [Cmapss.ReadTrain(Shipped.Data, "FD001"), Cmapss.ReadTrain(Shipped.Data, "FD003")];
        var split = Split.Of(sets, seed: 1);
        Assert.Equal((120, 40, 40), (split.Fit.Count, split.Choose.Count, split.Judge.Count));
        Assert.Equal(200, split.Fit.Concat(split.Choose).Concat(split.Judge).Select(e => e.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(split.Judge.Select(e => e.Name), Split.Of(sets, seed: 1).Judge.Select(e => e.Name));
        Assert.NotEqual(split.Judge.Select(e => e.Name), Split.Of(sets, seed: 2).Judge.Select(e => e.Name));
    }

    [Fact]
    public void Each_machine_is_in_one_fold_and_each_set_in_all()
    {
        IReadOnlyList<Series>[] sets = [Cmapss.ReadTrain(Shipped.Data, "FD001"), Cmapss.ReadTrain(Shipped.Data, "FD003")];
        var folds = Split.Folds(sets, 4, seed: 1);
        Assert.All(folds, f => Assert.Equal(new[] { ("FD001", 25), ("FD003", 25) }, f.GroupBy(s => Cmapss.SetOf(s.Name)).Select(g => (g.Key, g.Count()))));
        Assert.Equal(200, folds.SelectMany(f => f).Select(s => s.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.Throws<DataException>(() => Split.Folds([[.. sets[0].Take(3)]], 4, seed: 1));
    }

    [Fact]
    public void A_series_joined_late_has_its_last_readings_and_the_same_life()
    {
        var engine = Cmapss.ReadTest(Shipped.Data, "FD001")[1];
        var late = engine.Last(10);
        Assert.Equal((10, engine.LifeAt(engine.Steps - 1)), (late.Steps, late.LifeAt(9)));
        Assert.Equal(engine.Reading(engine.Steps - 10).ToArray(), late.Reading(0).ToArray());
        Assert.Equal(engine.Steps, engine.Last(1000).Steps);
    }

    private void Write(string name, string text)
    {
        using var writer = new StreamWriter(new GZipStream(File.Create(Path.Combine(folder.FullName, name)), CompressionMode.Compress));
        writer.Write(text);
    }
}
