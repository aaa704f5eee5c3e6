using System.IO.Compression;
using System.Text;

namespace PredMaint.Cli.Tests.Commands;

/// <summary>What <c>backtest</c> says of files that are not what they should be.</summary>
public sealed class BacktestCommandTests : IDisposable
{
    private readonly ConfigurationFile configuration = new("127.0.0.1:1", "r", "a");
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("predmaint-");

    public void Dispose()
    {
        configuration.Dispose();
        folder.Delete(recursive: true);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public async Task A_gzip_that_ends_early_is_no_complete_file(double share)
    {
        var whole = Gzip(Readings(1000));
        foreach (var bytes in new[] { whole[..(int)(whole.Length * share)], [.. whole, .. whole[..(int)(whole.Length * share)]] })
        {
            var file = Write("r.jsonl.gz", bytes);
            Assert.Equal((1, $"predmaint: {file}: the gzip ends early"), await BacktestAsync(file));
        }
    }

    [Fact]
    public async Task A_whole_gzip_of_two_members_is_read_to_its_end()
    {
        var file = Write("r.gz", [.. Gzip(Readings(10)), .. Gzip(Readings(10))]);
        var (code, errors) = await BacktestAsync(file);
        Assert.Equal(0, code);
        Assert.StartsWith("20 readings", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_takes_nothing_ends_in_a_sentence()
    {
        var file = Write("r.jsonl", Readings(1000));
        var (code, errors) = await BacktestAsync(file, "--output", Path.Combine(folder.FullName, "nope", "x"));
        Assert.Equal(2, code);
        Assert.StartsWith("predmaint: --output ", errors, StringComparison.Ordinal);
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        (code, errors) = await BacktestAsync(file, "--output", "/dev/full");
        Assert.Equal(1, code);
        Assert.Contains("predmaint: ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_name_of_a_file_says_how_to_read_it_and_mistakes_name_file_and_line()
    {
        var garbage = "garbage\n"u8.ToArray();
        var (code, errors) = await BacktestAsync(Write("r.jsonl", [.. garbage, .. Readings(2)]));
        Assert.Equal(0, code);
        Assert.Contains("r.jsonl:1: json", errors, StringComparison.Ordinal);
        foreach (var name in new[] { "r.csv", "r.txt" })
        {
            var file = Write(name, garbage);
            (code, errors) = await BacktestAsync(file);
            Assert.Equal(2, code);
            Assert.StartsWith($"predmaint: {file}:1: is read as CSV, but the header has no column machineId", errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_empty_input_is_warned_of()
    {
        foreach (var name in new[] { "r.jsonl", "r.csv", "r" })
        {
            var file = Write(name, []);
            var (code, errors) = await BacktestAsync(file);
            Assert.Equal(0, code);
            Assert.StartsWith($"{file} is empty", errors, StringComparison.Ordinal);
        }
    }

    private async Task<(int Code, string Errors)> BacktestAsync(string input, params string[] more)
    {
        var (code, _, errors) = await CommandLineTests.RunAsync(["backtest", "--config", configuration.File, "--input", input, .. more]);
        return (code, errors);
    }

    private string Write(string name, byte[] bytes)
    {
        var file = Path.Combine(folder.FullName, name);
        File.WriteAllBytes(file, bytes);
        return file;
    }

    /// <summary>Values far apart, so that the model has something to say.</summary>
    private static byte[] Readings(int count)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
            text.Append($$$"""{"machineId":"m","timestamp":{{{1_700_000_000_000 + i * 1000}}},"values":{ {{{Values(i)}}} } }""").Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Values(int i) => string.Join(',', Enumerable.Range(0, 22).Select(s => $"\"s{s}\":{i * 7919 % 100}"));

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
