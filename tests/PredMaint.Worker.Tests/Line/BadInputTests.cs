using System.Text;
using Confluent.Kafka;
using PredMaint.Core.Readings;
using PredMaint.Testing;

namespace PredMaint.Worker.Tests.Line;

/// <summary>What is no reading becomes one dead letter, and harms no other.</summary>
[Trait("needs", "kafka")]
public sealed class BadInputTests(KafkaFixture kafka)
{
    private const int Machines = 20;
    private const int Steps = 60;
    private const string Key = "machine-000010";

    /// <summary>One sensor more than <c>readings.maxSensors</c>.</summary>
    private static readonly string TooMany = string.Join(',', Enumerable.Range(0, 1025).Select(i => $"\"x{i}\":1"));

    private static readonly string Good = Fleet.Reading(10, 5);

    /// <summary>A record and the reason that its dead letter gives.</summary>
    private static readonly (string Reason, string? Key, byte[]? Value)[] Bad =
    [
        ("json", Key, Bytes("not JSON")),
        ("json", Key, Bytes(Good[..^1])),
        ("json", Key, Bytes("[1,2]")),
        ("json", Key, Bytes("\"text\"")),
        ("json", Key, Bytes($$"""{"deep":{{new string('[', 40)}}{{new string(']', 40)}},{{Good[1..]}}""")),
        ("json", Key, [.. "{\"machineId\":\""u8, 0xFF, .. "\"}"u8]),
        ("timestamp", Key, Bytes("""{"values":{"s1":1}}""")),
        ("timestamp", Key, Bytes("""{"timestamp":true,"values":{"s1":1}}""")),
        ("timestamp", Key, Bytes("""{"timestamp":"2026-02-30T00:00:00Z","values":{"s1":1}}""")),
        ("timestamp", Key, Bytes("""{"timestamp":1e300,"values":{"s1":1}}""")),
        ("ahead", Key, Bytes("""{"timestamp":"2136-01-01T00:00:00Z","values":{"s1":1}}""")),
        ("values", Key, Bytes("""{"timestamp":"2025-12-17T19:33:25Z"}""")),
        ("values", Key, Bytes("""{"timestamp":"2025-12-17T19:33:25Z","values":[1]}""")),
        ("values", Key, Bytes("""{"timestamp":"2025-12-17T19:33:25Z","values":{"s1":"1"}}""")),
        ("values", Key, Bytes("""{"timestamp":"2025-12-17T19:33:25Z","values":{"s1":1e400}}""")),
        ("values", Key, Bytes($$"""{"timestamp":"2025-12-17T19:33:25Z","values":{ {{TooMany}} } }""")),
        ("tooLarge", Key, Bytes(Good + new string(' ', 65_536))),
        ("empty", Key, []),
        ("empty", Key, null),
        ("key", null, Bytes(Good)),
        ("key", "", Bytes(Good)),
        ("key", "\0control", Bytes(Good)),
        ("key", new string('k', 257), Bytes(Good)),
        ("machineId", "another", Bytes(Good)),
        ("machineId", Key, Bytes("""{"machineId":7,"timestamp":"2025-12-17T19:33:25Z","values":{"s1":1}}""")),
    ];

    [Fact]
    public async Task Each_bad_record_is_one_dead_letter_and_the_good_ones_alerts_stay_the_same()
    {
        var broker = await kafka.RequireAsync();
        using var clean = await WorkerJob.CreateAsync(broker);
        using var mixed = await WorkerJob.CreateAsync(broker);
        var readings = Fleet.Readings(Machines, Steps).Select(r => new Message<string?, byte[]> { Key = r.Key, Value = Bytes(r.Value) }).ToList();
        await broker.ProduceAsync(clean.Readings, readings);
        var sent = await broker.ProduceAsync(mixed.Readings, Mixed(readings));
        await using var one = clean.Start();
        await using var two = mixed.Start();
        await clean.CaughtUpAsync(one);
        await mixed.CaughtUpAsync(two);

        var expected = await clean.AlertsAsync();
        Assert.NotEmpty(expected);
        Alert.AssertSame(expected, await mixed.AlertsAsync());
        Assert.Empty(await broker.ReadCommittedAsync(clean.DeadLetters));
        AssertLetters(mixed, await broker.ReadCommittedAsync(mixed.DeadLetters), sent);
        Assert.Equal(0, two.Host.Counters.Sum(c => c.Aborts));
        await Task.WhenAll(one.StopAsync(), two.StopAsync());
    }

    /// <summary>One bad record after every tenth good one.</summary>
    private static IEnumerable<Message<string?, byte[]>> Mixed(IReadOnlyList<Message<string?, byte[]>> readings)
    {
        for (var i = 0; i < readings.Count; i++)
        {
            yield return readings[i];
            if (i % 10 == 9 && i / 10 < Bad.Length) yield return new() { Key = Bad[i / 10].Key, Value = Bad[i / 10].Value! };
        }
    }

    private static void AssertLetters(WorkerJob job, IReadOnlyList<ConsumeResult<string?, byte[]>> letters, IReadOnlyList<TopicPartitionOffset> sent)
    {
        Assert.Equal(Bad.Length, letters.Count);
        for (var i = 0; i < Bad.Length; i++)
        {
            // The bad record stands after ten good ones and their like before.
            var source = sent[(i + 1) * 11 - 1];
            var letter = Assert.Single(letters, l => l.Header("predmaint.partition") == $"{source.Partition.Value}" && l.Header("predmaint.offset") == $"{source.Offset.Value}");
            Assert.Equal((Bad[i].Reason, job.Readings), (letter.Header("predmaint.reason"), letter.Header("predmaint.topic")));
            Assert.NotEmpty(letter.Header("predmaint.detail")!);
            Assert.Equal(Bad[i].Key, letter.Message.Key);
            Assert.Equal(Bad[i].Value is { Length: > DeadLetter.MaxBytes } large ? large[..DeadLetter.MaxBytes] : Bad[i].Value, letter.Message.Value);
        }
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
