using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace PredMaint.Simulation.Clients;

/// <summary>The two questions that a restore asks.</summary>
internal static class AdminQuestions
{
    public static Task<DescribeTopicsResult> DescribeTopics(Host host, Guid readingsId, TopicCollection topics)
    {
        host.Travel(host.Trouble.LostRequest);
        Span<byte> id = stackalloc byte[16];
        readingsId.TryWriteBytes(id, bigEndian: true, out _);
        var uuid = new Uuid(System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(id), System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(id[8..]));
        // The collection does not tell its names: readings, state and commands, which are alike.
        List<TopicPartitionInfo> partitions = [.. Enumerable.Range(0, host.Broker.Partitions).Select(p => new TopicPartitionInfo { Partition = p })];
        return Task.FromResult(new DescribeTopicsResult { TopicDescriptions = [.. Enumerable.Range(0, 3).Select(_ => new TopicDescription { Name = $"{topics}", TopicId = uuid, Partitions = partitions })] });
    }

    public static Task<ListOffsetsResult> ListOffsets(Host host, IEnumerable<TopicPartitionOffsetSpec> partitions, ListOffsetsOptions wishes)
    {
        host.Travel(host.Trouble.LostRequest);
        var ends = partitions.Select(p => (p.TopicPartition, Log: host.Broker.Topic(p.TopicPartition.Topic)[p.TopicPartition.Partition.Value]))
            .Select(p => new ListOffsetsResultInfo
            {
                TopicPartitionOffsetError = new TopicPartitionOffsetError(
                    p.TopicPartition, wishes.IsolationLevel == IsolationLevel.ReadCommitted ? p.Log.LastStable : p.Log.End, new Error(ErrorCode.NoError)),
            }).ToList();
        host.Travel(host.Trouble.LostReply);
        return Task.FromResult(new ListOffsetsResult { ResultInfos = ends });
    }
}

/// <summary>Asked nothing by itself: the line's two questions go past the interface.</summary>
internal sealed class AdminClient : IAdminClient
{
    public Handle Handle => throw new NotSupportedException();
    public string Name => throw new NotSupportedException();
    public int AddBrokers(string brokers) => throw new NotSupportedException();
    public void SetSaslCredentials(string username, string password) => throw new NotSupportedException();
    public List<GroupInfo> ListGroups(TimeSpan timeout) => throw new NotSupportedException();
    public GroupInfo ListGroup(string group, TimeSpan timeout) => throw new NotSupportedException();
    public Metadata GetMetadata(string topic, TimeSpan timeout) => throw new NotSupportedException();
    public Metadata GetMetadata(TimeSpan timeout) => throw new NotSupportedException();
    public Task CreatePartitionsAsync(IEnumerable<PartitionsSpecification> partitionsSpecifications, CreatePartitionsOptions? options = null) => throw new NotSupportedException();
    public Task DeleteGroupsAsync(IList<string> groups, DeleteGroupsOptions? options = null) => throw new NotSupportedException();
    public Task DeleteTopicsAsync(IEnumerable<string> topics, DeleteTopicsOptions? options = null) => throw new NotSupportedException();
    public Task CreateTopicsAsync(IEnumerable<TopicSpecification> topics, CreateTopicsOptions? options = null) => throw new NotSupportedException();
    public Task AlterConfigsAsync(Dictionary<ConfigResource, List<ConfigEntry>> configs, AlterConfigsOptions? options = null) => throw new NotSupportedException();
    public Task<List<IncrementalAlterConfigsResult>> IncrementalAlterConfigsAsync(Dictionary<ConfigResource, List<ConfigEntry>> configs, IncrementalAlterConfigsOptions? options = null) => throw new NotSupportedException();
    public Task<List<DescribeConfigsResult>> DescribeConfigsAsync(IEnumerable<ConfigResource> resources, DescribeConfigsOptions? options = null) => throw new NotSupportedException();
    public Task<List<DeleteRecordsResult>> DeleteRecordsAsync(IEnumerable<TopicPartitionOffset> topicPartitionOffsets, DeleteRecordsOptions? options = null) => throw new NotSupportedException();
    public Task CreateAclsAsync(IEnumerable<AclBinding> aclBindings, CreateAclsOptions? options = null) => throw new NotSupportedException();
    public Task<DescribeAclsResult> DescribeAclsAsync(AclBindingFilter aclBindingFilter, DescribeAclsOptions? options = null) => throw new NotSupportedException();
    public Task<List<DeleteAclsResult>> DeleteAclsAsync(IEnumerable<AclBindingFilter> aclBindingFilters, DeleteAclsOptions? options = null) => throw new NotSupportedException();
    public Task<DeleteConsumerGroupOffsetsResult> DeleteConsumerGroupOffsetsAsync(string group, IEnumerable<TopicPartition> partitions, DeleteConsumerGroupOffsetsOptions? options = null) => throw new NotSupportedException();
    public Task<List<AlterConsumerGroupOffsetsResult>> AlterConsumerGroupOffsetsAsync(IEnumerable<ConsumerGroupTopicPartitionOffsets> groupPartitions, AlterConsumerGroupOffsetsOptions? options = null) => throw new NotSupportedException();
    public Task<List<ListConsumerGroupOffsetsResult>> ListConsumerGroupOffsetsAsync(IEnumerable<ConsumerGroupTopicPartitions> groupPartitions, ListConsumerGroupOffsetsOptions? options = null) => throw new NotSupportedException();
    public Task<ListConsumerGroupsResult> ListConsumerGroupsAsync(ListConsumerGroupsOptions? options = null) => throw new NotSupportedException();
    public Task<DescribeConsumerGroupsResult> DescribeConsumerGroupsAsync(IEnumerable<string> groups, DescribeConsumerGroupsOptions? options = null) => throw new NotSupportedException();
    public Task<DescribeUserScramCredentialsResult> DescribeUserScramCredentialsAsync(IEnumerable<string> users, DescribeUserScramCredentialsOptions? options = null) => throw new NotSupportedException();
    public Task AlterUserScramCredentialsAsync(IEnumerable<UserScramCredentialAlteration> alterations, AlterUserScramCredentialsOptions? options = null) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
