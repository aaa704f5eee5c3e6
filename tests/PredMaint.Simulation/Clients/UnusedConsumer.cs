using Confluent.Kafka;

namespace PredMaint.Simulation.Clients;

/// <summary>The members of a consumer that the line does not use.</summary>
internal abstract class UnusedConsumer<TKey, TValue> : IConsumer<TKey, TValue>
{
    public abstract ConsumeResult<TKey, TValue>? Consume(TimeSpan timeout);
    public abstract void Close();
    public abstract void Dispose();
    public abstract List<TopicPartition> Assignment { get; }
    public virtual string MemberId => throw new NotSupportedException();
    public virtual List<string> Subscription => throw new NotSupportedException();
    public virtual IConsumerGroupMetadata ConsumerGroupMetadata => throw new NotSupportedException();
    public virtual void Subscribe(string topic) => throw new NotSupportedException();
    public virtual void IncrementalAssign(IEnumerable<TopicPartitionOffset> partitions) => throw new NotSupportedException();
    public virtual void IncrementalUnassign(IEnumerable<TopicPartition> partitions) => throw new NotSupportedException();
    public virtual void Seek(TopicPartitionOffset tpo) => throw new NotSupportedException();
    public virtual void Pause(IEnumerable<TopicPartition> partitions) => throw new NotSupportedException();
    public virtual void Resume(IEnumerable<TopicPartition> partitions) => throw new NotSupportedException();
    public virtual Offset Position(TopicPartition partition) => throw new NotSupportedException();
    public virtual List<TopicPartitionOffset> Committed(IEnumerable<TopicPartition> partitions, TimeSpan timeout) => throw new NotSupportedException();
    public virtual WatermarkOffsets QueryWatermarkOffsets(TopicPartition topicPartition, TimeSpan timeout) => throw new NotSupportedException();

    public Handle Handle => throw new NotSupportedException();
    public string Name => throw new NotSupportedException();
    public int AddBrokers(string brokers) => throw new NotSupportedException();
    public void SetSaslCredentials(string username, string password) => throw new NotSupportedException();
    public ConsumeResult<TKey, TValue> Consume(int millisecondsTimeout) => throw new NotSupportedException();
    public ConsumeResult<TKey, TValue> Consume(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public void Subscribe(IEnumerable<string> topics) => throw new NotSupportedException();
    public void Unsubscribe() => throw new NotSupportedException();
    public void Assign(TopicPartition partition) => throw new NotSupportedException();
    public void Assign(TopicPartitionOffset partition) => throw new NotSupportedException();
    public void Assign(IEnumerable<TopicPartitionOffset> partitions) => throw new NotSupportedException();
    public void Assign(IEnumerable<TopicPartition> partitions) => throw new NotSupportedException();
    public void IncrementalAssign(IEnumerable<TopicPartition> partitions) => throw new NotSupportedException();
    public void Unassign() => throw new NotSupportedException();
    public void StoreOffset(ConsumeResult<TKey, TValue> result) => throw new NotSupportedException();
    public void StoreOffset(TopicPartitionOffset offset) => throw new NotSupportedException();
    public List<TopicPartitionOffset> Commit() => throw new NotSupportedException();
    public void Commit(IEnumerable<TopicPartitionOffset> offsets) => throw new NotSupportedException();
    public void Commit(ConsumeResult<TKey, TValue> result) => throw new NotSupportedException();
    public List<TopicPartitionOffset> Committed(TimeSpan timeout) => throw new NotSupportedException();
    public List<TopicPartitionOffset> OffsetsForTimes(IEnumerable<TopicPartitionTimestamp> timestampsToSearch, TimeSpan timeout) => throw new NotSupportedException();
    public virtual WatermarkOffsets GetWatermarkOffsets(TopicPartition topicPartition) => throw new NotSupportedException();
}
