using System.Runtime.InteropServices;
using PredMaint.Worker.Brokers;

namespace PredMaint.Worker.Line;

/// <summary>
/// Many records a call, in the client's own memory. <c>Consume</c> would make four objects of each record, and look at
/// the clock twice.
/// </summary>
public sealed unsafe class ClientRecords : FetchedRecords
{
    private static readonly Error End = new(ErrorCode.Local_PartitionEOF);

    private readonly nint[] messages;
    private readonly SafeHandle client;
    private readonly nint queue;

    /// <param name="most">How many a poll may show.</param>
    public ClientRecords(Handle consumer, int most)
    {
        messages = new nint[most];
        client = Librdkafka.Client(consumer);
        queue = Librdkafka.ConsumerQueue(client);
    }

    public override void Poll(TimeSpan wait, int most, Action<FetchedRecord> show)
    {
        var count = 0;
        fixed (nint* first = messages)
        {
            var list = (Librdkafka.NativeMessage**)first;
            // A call with a time limit returns when it is up, or when all places are taken: so it has one.
            if (wait > TimeSpan.Zero) count = Read(list, (int)Math.Ceiling(wait.TotalMilliseconds), 1);
            if (wait <= TimeSpan.Zero || count == 1) count += Read(list + count, 0, most - count);
            var shown = 0;
            try
            {
                while (shown < count)
                {
                    var message = list[shown];
                    show(Record(message));
                    shown++;
                    Librdkafka.DestroyMessage(message);
                }
            }
            finally
            {
                for (; shown < count; shown++) Librdkafka.DestroyMessage(list[shown]);
            }
        }
    }

    public override void Dispose() => Librdkafka.DestroyQueue(queue);

    private int Read(Librdkafka.NativeMessage** list, int timeoutMs, int most)
    {
        var count = (int)Librdkafka.ConsumeBatch(queue, timeoutMs, list, most);
        return count >= 0 ? count : throw new KafkaException(ErrorCode.Local_State);
    }

    private FetchedRecord Record(Librdkafka.NativeMessage* message)
    {
        if (message->Error == ErrorCode.Local_PartitionEOF) return new FetchedRecord { Partition = message->Partition, Offset = message->Offset, Error = End };
        if (message->Error != ErrorCode.NoError)
        {
            var isFatal = message->Error == ErrorCode.Local_Fatal;
            var code = isFatal ? Librdkafka.FatalError(client, new byte[1], 1) : message->Error;
            return new FetchedRecord { Partition = message->Partition, Offset = message->Offset, Error = new Error(code, Marshal.PtrToStringUTF8(Librdkafka.ErrorText(message)), isFatal) };
        }
        var timestamp = Librdkafka.Timestamp(message, out var type);
        return new FetchedRecord
        {
            Partition = message->Partition,
            Offset = message->Offset,
            HasKey = message->Key != null,
            Key = new ReadOnlySpan<byte>(message->Key, (int)message->KeyLength),
            HasValue = message->Value != null,
            Value = new ReadOnlySpan<byte>(message->Value, (int)message->ValueLength),
            TimestampMs = type == TimestampType.NotAvailable ? null : timestamp,
            TraceParent = TraceParent(message),
        };
    }

    private static ReadOnlySpan<byte> TraceParent(Librdkafka.NativeMessage* message) =>
        Librdkafka.Headers(message, out var headers) == ErrorCode.NoError
            && Librdkafka.LastHeader(headers, "traceparent", out var value, out var length) == ErrorCode.NoError
            ? new ReadOnlySpan<byte>(value, (int)length) : [];
}
