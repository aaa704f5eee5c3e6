using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using PredMaint.Training.Data;

namespace PredMaint.Training.Tests;

/// <summary>Data in other layouts than C-MAPSS's.</summary>
public sealed class LayoutTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-layouts-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Readings_as_CSV_and_as_JSON_lines_are_the_same_series()
    {
        var csv = ReadingTable.Read(Write("r.csv", "machineId,timestamp,b,a,bad\nm1,1000,1,2,0\nm2,1000,5,6,0\nm1,3000,3,,1\n"), label: "bad", life: null);
        var json = ReadingTable.Read(Write("r.jsonl.gz", """
            {"machineId":"m1","timestamp":1000,"values":{"b":1,"a":2,"bad":0}}
            {"machineId":"m2","timestamp":1000,"values":{"a":6,"b":5,"bad":0}}
            {"machineId":"m1","timestamp":3000,"values":{"b":3,"bad":1}}
            """), label: "bad", life: null);
        Assert.Equal(["b", "a"], csv[0].Features);
        Assert.Equal(["a", "b"], json[0].Features);
        Assert.Equal([1, 2, 3, float.NaN], csv[0].Values);
        Assert.Equal([2, 1, float.NaN, 3], json[0].Values);
        foreach (var series in new[] { csv, json })
        {
            Assert.Equal(["m1", "m2"], series.Select(s => s.Name));
            Assert.Equal([false, true], series[0].Labels!);
            Assert.Equal([1_000_000, 3_000_000], series[0].TimesUs!);
            Assert.Equal((2, 2.0, 1), (series[0].Steps, series[0].StepSeconds, series[0].StepAt(3_000_000)));
        }
    }

    [Fact]
    public void A_column_may_tell_the_remaining_life() =>
        Assert.Equal([8, 7], LivesOf(ReadingTable.Read(Write("r.csv", "machineId,timestamp,a,rul\nm,1000,1,8\nm,2000,1,7\n"), label: null, life: "rul")[0]));

    [Fact]
    public void Without_such_a_column_a_machine_fails_after_its_last_reading() =>
        Assert.Equal([1, 0], LivesOf(ReadingTable.Read(Write("r.csv", "machineId,timestamp,a\nm,1000,1\nm,2000,1\n"), label: null, life: null)[0]));

    [Theory]
    [InlineData("machineId,timestamp,a\nm,1000,x\n", "line 2: ")]
    [InlineData("machineId,timestamp,a\nm,2000,1\nm,1000,1\n", "line 3: m is not in the order of time")]
    [InlineData("timestamp,a\n1000,1\n", "line 1: the header has no column machineId")]
    [InlineData("", "is empty")]
    public void A_table_that_is_none_is_refused_with_its_line(string text, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<DataException>(() => ReadingTable.Read(Write("r.csv", text), label: null, life: null)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_label_that_the_table_does_not_have_is_refused() =>
        Assert.Contains("has no column bad; it has a", Assert.Throws<DataException>(() => ReadingTable.Read(Write("r.csv", "machineId,timestamp,a\nm,1000,1\n"), "bad", null)).Message, StringComparison.Ordinal);

    [Fact]
    public void SKABs_runs_have_eight_sensors_a_time_and_labels()
    {
        Directory.CreateDirectory(Path.Combine(folder.FullName, "valve1"));
        const string sensors = "a;b;c;d;e;f;g;h";
        Write("valve1/0.csv", $"datetime;{sensors};anomaly;changepoint\n2020-03-09 10:14:33;1;2;3;4;5;6;7;8;0.0;0.0\n2020-03-09 10:14:35;1;2;3;4;5;6;7;9;1.0;1.0\n");
        Write("free.csv.gz", $"datetime;{sensors}\n2020-02-08 13:30:47;1;2;3;4;5;6;7;8\n");
        var runs = Skab.Read(folder.FullName);
        Assert.Equal(["free", "valve1/0"], runs.Select(r => r.Name));
        Assert.Equal(sensors.Split(';'), runs[1].Features);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 9], runs[1].Reading(1).ToArray());
        Assert.Equal([false, true], runs[1].Labels!);
        Assert.Equal([false], runs[0].Labels!);
        Assert.Equal(2, runs[1].StepSeconds);
        Write("valve1/1.csv", "datetime;a\n");
        Assert.Contains("is no header of SKAB", Assert.Throws<DataException>(() => Skab.Read(folder.FullName)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MSLs_channels_are_arrays_with_labelled_rows()
    {
        Directory.CreateDirectory(Path.Combine(folder.FullName, "test"));
        WriteArray("test/T-1.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }", [1, 2, 3, 4, 5, 6]);
        WriteArray("test/T-2.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }", [7]);
        Write("labeled_anomalies.csv", "chan_id,spacecraft,anomaly_sequences,class,num_values\nT-1,MSL,\"[[0, 0], [2, 9]]\",\"[point, point]\",3\n");
        var channel = Assert.Single(Msl.Read(folder.FullName, "test"));
        Assert.Equal(("T-1", 3), (channel.Name, channel.Steps));
        Assert.Equal(["telemetry", "command1"], channel.Features);
        Assert.Equal([5, 6], channel.Reading(2).ToArray());
        Assert.Equal([true, false, true], channel.Labels!);
        Directory.CreateDirectory(Path.Combine(folder.FullName, "train"));
        WriteArray("train/T-1.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", [8, 9, 10, 11]);
        var both = Assert.Single(Msl.Read(folder.FullName, "both"));
        Assert.Equal([8, 9, 10, 11, .. channel.Values], both.Values);
        Assert.Equal(2, both.History);
        Assert.Equal([false, false, .. channel.Labels!], both.Labels!);
        Write("labeled_anomalies.csv", "chan_id,spacecraft,anomaly_sequences,class,num_values\nT-1,MSL,\"[[0, 0]]\",[point],3\nT-2,SMAP,\"[[0, 0]]\",[point],1\n");
        Assert.Equal($"{folder.FullName}: has channels of MSL and SMAP; --set MSL-test reads those of one", Assert.Throws<DataException>(() => Msl.Read(folder.FullName, "test")).Message);
        Assert.Equal("T-2", Assert.Single(Msl.Read(folder.FullName, "SMAP-test")).Name);
        Assert.Equal("T-1", Assert.Single(Msl.Read(folder.FullName, "MSL-both")).Name);
        WriteArray("test/T-1.npy", "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }", [1]);
        Assert.Contains("has 8 bytes of data", Assert.Throws<DataException>(() => Msl.Read(folder.FullName, "MSL-test")).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<int> LivesOf(Series series) => Enumerable.Range(0, series.Steps).Select(series.LifeAt);

    private void WriteArray(string name, string header, double[] values)
    {
        using var file = File.Create(Path.Combine(folder.FullName, name));
        file.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header)]);
        var bytes = new byte[8];
        foreach (var value in values)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
            file.Write(bytes);
        }
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(folder.FullName, name);
        using var stream = File.Create(file);
        using Stream packed = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Compress) : new BufferedStream(stream);
        packed.Write(Encoding.UTF8.GetBytes(text));
        return file;
    }
}
