using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PredMaint.Core.Snapshots;
using PredMaint.Testing;
using PredMaint.Worker.Line;
using PredMaint.Worker.Tests.Configuration;

namespace PredMaint.Worker.Tests.Line;

/// <summary>Brokers that say other things of a topic than when the line began.</summary>
public sealed class TopicWatchTests : IDisposable
{
    private const int Readings = 0;
    private const int State = 1;
    private const int Alerts = 3;

    private readonly FakeTimeProvider time = new();
    private readonly ConfigurationFolder folder = new();
    private readonly Topic[] topics = [.. new[] { "readings", "state", "commands", "alerts", "dead-letters" }.Select((name, i) => new Topic(name, new Uuid(0, i), 4))];
    private readonly TopicWatch watch;
    private volatile ErrorCode unknown = ErrorCode.UnknownTopicOrPart;
    private volatile int gone = -1;
    private int asked;

    public TopicWatchTests()
    {
        var config = new AdminClientConfig { BootstrapServers = "127.0.0.1:1" };
        var clients = new LineClients { Admin = _ => new AdminClientBuilder(config).SetLogHandler((_, _) => { }).Build(), DescribeTopics = (_, _, _) => Describe() };
        watch = new TopicWatch(folder.Load(ConfigurationFolder.Minimal), clients, Resilience.Metadata(time, NullLogger.Instance, () => 0), time);
    }

    [Fact]
    public async Task As_long_as_they_are_the_same_it_asks_every_ten_seconds_and_says_nothing()
    {
        for (var looks = 1; looks <= 3; looks++)
        {
            await LookAsync();
            watch.Watch(null!);
            Assert.Equal(looks, asked);
        }
    }

    [Fact]
    public async Task One_that_was_made_anew_is_named()
    {
        await LookAsync();
        topics[State] = topics[State] with { Id = new Uuid(1, 1) };
        Assert.Equal("topic state was made anew", (await FailsAsync<KafkaException>()).Error.Reason);
    }

    [Fact]
    public async Task One_that_is_read_may_not_grow_and_one_that_is_written_may()
    {
        await LookAsync();
        topics[Alerts] = topics[Alerts] with { Partitions = 8 };
        await LookAsync();
        watch.Watch(null!);
        topics[Readings] = topics[Readings] with { Partitions = 8 };
        Assert.Equal("topic readings has 8 partitions, and had 4", (await FailsAsync<KafkaException>()).Error.Reason);
    }

    [Fact]
    public async Task One_that_is_gone_is_asked_about_again_and_named_with_the_cure()
    {
        await LookAsync();
        gone = Alerts;
        Assert.Equal("topic alerts: Broker: Unknown topic or partition; `predmaint topics create` makes what is missing", (await FailsAsync<StateException>()).Message);
        Assert.True(asked > 9, $"asked {asked} times");
    }

    [Fact]
    public async Task A_broker_that_has_not_heard_of_one_yet_and_one_that_does_not_answer_prove_nothing()
    {
        await LookAsync();
        gone = State;
        await LookAsync(answers: 3);
        gone = -1;
        await Eventually.TrueAsync(() => { time.Advance(TimeSpan.FromSeconds(1)); watch.Watch(null!); return asked > 6; }, "further looks");
        unknown = ErrorCode.Local_TimedOut;
        gone = State;
        var before = asked;
        await Eventually.TrueAsync(() => { time.Advance(TimeSpan.FromSeconds(1)); watch.Watch(null!); return asked > before + 3; }, "looks that go on");
    }

    public void Dispose()
    {
        watch.Dispose();
        folder.Dispose();
    }

    /// <summary>Until the brokers have been asked so often since.</summary>
    private async Task LookAsync(int answers = 1)
    {
        var before = asked;
        await Eventually.TrueAsync(
            () =>
            {
                if (asked < before + answers) time.Advance(TimeSpan.FromSeconds(10));
                watch.Watch(null!);
                return asked >= before + answers;
            },
            "a look");
    }

    private async Task<T> FailsAsync<T>() where T : Exception
    {
        T? failure = null;
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                try { watch.Watch(null!); }
                catch (T e) { failure = e; }
                return failure is not null;
            },
            "a failure");
        return failure!;
    }

    private Task<DescribeTopicsResult> Describe()
    {
        Interlocked.Increment(ref asked);
        var missing = gone;
        List<TopicDescription> described = [.. topics.Select((t, i) => new TopicDescription
        {
            Name = t.Name, TopicId = t.Id, Partitions = [.. Enumerable.Range(0, t.Partitions).Select(p => new TopicPartitionInfo { Partition = p })],
            Error = new Error(i == missing ? unknown : ErrorCode.NoError),
        })];
        return missing < 0
            ? Task.FromResult(new DescribeTopicsResult { TopicDescriptions = described })
            : Task.FromException<DescribeTopicsResult>(new DescribeTopicsException(new DescribeTopicsReport { TopicDescriptions = described }));
    }

    private sealed record Topic(string Name, Uuid Id, int Partitions);
}
