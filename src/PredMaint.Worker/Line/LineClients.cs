using Confluent.Kafka.Admin;

namespace PredMaint.Worker.Line;

/// <summary>
/// What a line has from outside beside the clock: Kafka clients, a place for calls that block, and chance. A simulation
/// gives others, so that the very line that ships runs on a model of Kafka.
/// </summary>
public sealed record LineClients
{
    /// <summary>The consumer of the readings.</summary>
    public Func<ConsumerConfig, ConsumerBuilder<Ignore, Ignore>> Readings { get; init; } = config => new(config);

    /// <summary>What it has fetched; at most so many a poll.</summary>
    public Func<IConsumer<Ignore, Ignore>, int, FetchedRecords> Fetched { get; init; } = (consumer, most) => new ClientRecords(consumer.Handle, most);

    /// <summary>The consumer of the state topic.</summary>
    public Func<ConsumerConfig, ConsumerBuilder<byte[], byte[]>> State { get; init; } = config => new(config);

    public Func<ProducerConfig, ProducerBuilder<byte[], byte[]?>> Producer { get; init; } = config => new(config);

    /// <summary>An admin client on a consumer's connections.</summary>
    public Func<IConsumer<Ignore, Ignore>, IAdminClient> Admin { get; init; } = consumer => new DependentAdminClientBuilder(consumer.Handle).Build();

    // The client's interface lacks the next two.
    public Func<IAdminClient, TopicCollection, DescribeTopicsOptions, Task<DescribeTopicsResult>> DescribeTopics { get; init; } =
        (admin, topics, wishes) => admin.DescribeTopicsAsync(topics, wishes);

    public Func<IAdminClient, IEnumerable<TopicPartitionOffsetSpec>, ListOffsetsOptions, Task<ListOffsetsResult>> ListOffsets { get; init; } =
        (admin, partitions, wishes) => admin.ListOffsetsAsync(partitions, wishes);

    /// <summary>Where calls run that block longer than the line may.</summary>
    public TaskScheduler Beside { get; init; } = TaskScheduler.Default;

    /// <summary>Waits until such a call has ended; false where it has not in time.</summary>
    public Func<Task, TimeSpan, bool> Await { get; init; } = (task, limit) => ((IAsyncResult)task).AsyncWaitHandle.WaitOne(limit);

    /// <summary>From 0 to 1, for the jitter of pauses.</summary>
    public Func<double> Chance { get; init; } = Random.Shared.NextDouble;

    /// <summary>Begins a call beside the line.</summary>
    public Task<T> Run<T>(Func<T> call) => Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Beside);

    /// <inheritdoc cref="Run{T}(Func{T})"/>
    public Task Run(Action call) => Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.DenyChildAttach, Beside);
}
