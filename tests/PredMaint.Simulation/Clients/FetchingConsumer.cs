using Confluent.Kafka;
using PredMaint.Simulation.Kafka;
using PredMaint.Simulation.Stage;

namespace PredMaint.Simulation.Clients;

/// <summary>A consumer's fetching: positions, what was fetched before it is asked for, pauses, seeks, ends of partitions.</summary>
internal abstract class FetchingConsumer<TKey, TValue>(Host host, string topic, ConsumerConfig config) : UnusedConsumer<TKey, TValue>
{
    private const int MostFetched = 6;

    private readonly bool committedOnly = config.IsolationLevel == IsolationLevel.ReadCommitted;
    private readonly bool tellsEnds = config.EnablePartitionEof == true;

    protected Host Host => host;

    protected string TopicName => topic;

    protected bool CommittedOnly => committedOnly;

    protected SortedDictionary<int, Fetch> Fetches { get; } = [];

    /// <summary>Of partitions of other topics, by partitions that count on where the last topic's end.</summary>
    protected string TopicOf(int place) => place < host.Broker.Partitions ? topic : Others[place / host.Broker.Partitions - 1];

    /// <summary>The topics beside the first that it may be assigned.</summary>
    protected virtual IReadOnlyList<string> Others => [];

    protected int PlaceOf(TopicPartition partition)
    {
        var other = partition.Topic is null || partition.Topic == topic ? -1 : Others.ToList().IndexOf(partition.Topic);
        return (other + 1) * host.Broker.Partitions + partition.Partition.Value;
    }

    public override List<TopicPartition> Assignment => [.. Fetches.Keys.Select(p => new TopicPartition(topic, p))];

    public override void Seek(TopicPartitionOffset tpo)
    {
        host.Travel();
        var fetch = Find(tpo.TopicPartition);
        if (!fetch.IsResolving) fetch.Jump(tpo.Offset.Value);
        // It races the query of the end that the partition was assigned with: it fails, or is forgotten when the answer comes.
        else if (host.Happens(0.5)) throw new KafkaException(new Error(ErrorCode.Local_State, "erroneous state"));
    }

    public override void Pause(IEnumerable<TopicPartition> partitions)
    {
        // What was fetched is thrown away, to be fetched again.
        foreach (var fetch in partitions.Select(Find)) fetch.Pause();
    }

    public override void Resume(IEnumerable<TopicPartition> partitions)
    {
        foreach (var fetch in partitions.Select(Find)) fetch.IsPaused = false;
    }

    public override Offset Position(TopicPartition partition) => Find(partition) is { HasPosition: true } fetch ? fetch.Position : Offset.Unset;

    public override WatermarkOffsets GetWatermarkOffsets(TopicPartition partition) => new(0, Find(partition).Log.End);

    public override void Close()
    {
    }

    public override void Dispose()
    {
    }

    protected void Assign(int place, Offset from)
    {
        var isEnd = from == Offset.End;
        var partition = place % host.Broker.Partitions;
        Fetches.Add(place, new Fetch(place, partition, host.Broker.Topic(TopicOf(place))[partition], isEnd || from.IsSpecial ? 0 : from.Value, isEnd));
    }

    protected abstract ConsumeResult<TKey, TValue> Result(string from, int partition, LogRecord record);

    /// <summary>The next record or end of a partition, waiting for one; null where there was none in time.</summary>
    protected ConsumeResult<TKey, TValue>? Next(TimeSpan timeout, Func<bool> interrupted)
    {
        if (Take() is { } result) return result;
        if (timeout <= TimeSpan.Zero) return null;
        host.Schedule.Wait(() => interrupted() || HasMore(), timeout);
        return interrupted() ? null : Take();
    }

    private ConsumeResult<TKey, TValue>? Take()
    {
        if (Fetches.Count == 0 || host.Happens(host.Trouble.SlowFetch)) return null;
        var first = host.Random.Next(Fetches.Count);
        for (var i = 0; i < Fetches.Count; i++)
        {
            var fetch = Fetches.ElementAt((first + i) % Fetches.Count).Value;
            if (fetch.IsPaused) continue;
            if (fetch.IsResolving)
            {
                if (host.Happens(0.5)) fetch.Jump(committedOnly ? fetch.Log.LastStable : fetch.Log.End);
                continue;
            }
            if (fetch.Records.Count == 0) fetch.More(host.Random.Next(1, MostFetched), committedOnly);
            if (fetch.Records.TryDequeue(out var record))
            {
                fetch.Took(record);
                return Result(TopicOf(fetch.Place), fetch.Partition, record);
            }
            if (tellsEnds && fetch.IsNewEnd(committedOnly))
                return new ConsumeResult<TKey, TValue> { Topic = TopicOf(fetch.Place), Partition = fetch.Partition, Offset = fetch.Position, IsPartitionEOF = true };
        }
        return null;
    }

    private bool HasMore()
    {
        foreach (var (_, fetch) in Fetches)
            if (!fetch.IsPaused && (fetch.IsResolving || fetch.Records.Count > 0 || fetch.HasMore(committedOnly) || (tellsEnds && fetch.MayEnd(committedOnly)))) return true;
        return false;
    }

    private Fetch Find(TopicPartition partition) =>
        Fetches.TryGetValue(partition.Partition.Value, out var fetch) ? fetch : throw new KafkaException(new Error(ErrorCode.Local_UnknownPartition, $"{partition} is not assigned"));

    /// <summary>One partition that is assigned.</summary>
    protected sealed class Fetch(int place, int partition, PartitionLog log, long position, bool isResolving)
    {
        private long next = position;
        private long told = -1;

        public int Place => place;

        public int Partition => partition;

        public PartitionLog Log => log;

        /// <summary>The application's: behind what it was given, and behind records of transactions themselves.</summary>
        public long Position { get; private set; } = position;

        public bool HasPosition => !IsResolving;

        /// <summary>The broker is still being asked where the log ends.</summary>
        public bool IsResolving { get; private set; } = isResolving;

        public bool IsPaused { get; set; }

        public Queue<LogRecord> Records { get; } = [];

        public void Pause()
        {
            IsPaused = true;
            Records.Clear();
            next = Position;
        }

        public void Jump(long offset)
        {
            Records.Clear();
            IsResolving = false;
            (Position, next, told) = (offset, offset, -1);
        }

        public void More(int most, bool committedOnly)
        {
            next = log.Read(next, most, committedOnly, Records);
            if (Records.Count == 0) Position = next;
        }

        public void Took(LogRecord record) => Position = Records.Count == 0 ? next : record.Offset + 1;

        public bool HasMore(bool committedOnly) => next < Limit(committedOnly);

        public bool MayEnd(bool committedOnly) => Position >= Limit(committedOnly) && told != Position;

        public bool IsNewEnd(bool committedOnly)
        {
            if (!MayEnd(committedOnly)) return false;
            told = Position;
            return true;
        }

        private long Limit(bool committedOnly) => committedOnly ? log.LastStable : log.End;
    }
}
