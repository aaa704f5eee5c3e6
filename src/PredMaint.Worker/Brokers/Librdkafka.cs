using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace PredMaint.Worker.Brokers;

/// <summary>
/// The functions of librdkafka that Confluent.Kafka does not bind (<c>rdkafka.h</c>, <c>rdkafka_mock.h</c>), in the very
/// file that it loaded: it carries several builds of the library and picks one at run time, and another build would be
/// a second library with a state of its own.
/// </summary>
internal static partial class Librdkafka
{
    private const string File = "the librdkafka that Confluent.Kafka loaded";

    private const int TypeProducer = 0;
    private const int ErrorTextBytes = 512;

    static Librdkafka() => NativeLibrary.SetDllImportResolver(typeof(Librdkafka).Assembly, Resolve);

    /// <summary>A client that connects nowhere: a mock cluster needs one to live in. It logs nothing.</summary>
    public static nint NewHost()
    {
        var config = NewConfig();
        SetLogCallback(config, 0);
        var error = new byte[ErrorTextBytes];
        var host = NewClient(TypeProducer, config, error, ErrorTextBytes);
        // The client owns the configuration from here on, unless it could not be made.
        if (host != 0) return host;
        DestroyConfig(config);
        throw new InvalidOperationException($"librdkafka made no client: {System.Text.Encoding.UTF8.GetString(error).TrimEnd('\0')}");
    }

    [LibraryImport(File, EntryPoint = "rd_kafka_destroy")]
    public static partial void DestroyClient(nint client);

    /// <returns>0 where sockets or memory are short.</returns>
    [LibraryImport(File, EntryPoint = "rd_kafka_mock_cluster_new")]
    public static partial nint NewCluster(nint host, int brokers);

    [LibraryImport(File, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    public static partial void DestroyCluster(nint cluster);

    /// <returns>Owned by the cluster.</returns>
    [LibraryImport(File, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    public static partial nint Bootstraps(nint cluster);

    [LibraryImport(File, EntryPoint = "rd_kafka_mock_topic_create", StringMarshalling = StringMarshalling.Utf8)]
    public static partial ErrorCode CreateTopic(nint cluster, string name, int partitions, int replicas);

    [LibraryImport(File, EntryPoint = "rd_kafka_mock_group_initial_rebalance_delay_ms")]
    public static partial void SetInitialRebalanceDelay(nint cluster, int milliseconds);

    /// <summary>The client's own pointer, which the library's other clients keep to themselves.</summary>
    public static SafeHandle Client(Handle handle) =>
        (SafeHandle)typeof(Handle).GetProperty("LibrdkafkaHandle", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(handle)!;

    [LibraryImport(File, EntryPoint = "rd_kafka_queue_get_consumer")]
    public static partial nint ConsumerQueue(SafeHandle client);

    [LibraryImport(File, EntryPoint = "rd_kafka_queue_destroy")]
    public static partial void DestroyQueue(nint queue);

    /// <summary>Waits until as many have come, or the time is up. The client's handlers run inside.</summary>
    [LibraryImport(File, EntryPoint = "rd_kafka_consume_batch_queue")]
    public static unsafe partial nint ConsumeBatch(nint queue, int timeoutMs, NativeMessage** messages, nint size);

    [LibraryImport(File, EntryPoint = "rd_kafka_message_destroy")]
    public static unsafe partial void DestroyMessage(NativeMessage* message);

    [LibraryImport(File, EntryPoint = "rd_kafka_message_timestamp"), SuppressGCTransition]
    public static unsafe partial long Timestamp(NativeMessage* message, out TimestampType type);

    [LibraryImport(File, EntryPoint = "rd_kafka_message_headers")]
    public static unsafe partial ErrorCode Headers(NativeMessage* message, out nint headers);

    [LibraryImport(File, EntryPoint = "rd_kafka_header_get_last", StringMarshalling = StringMarshalling.Utf8)]
    public static unsafe partial ErrorCode LastHeader(nint headers, string name, out byte* value, out nuint length);

    /// <summary>What lies behind <see cref="ErrorCode.Local_Fatal"/>.</summary>
    [LibraryImport(File, EntryPoint = "rd_kafka_fatal_error")]
    public static partial ErrorCode FatalError(SafeHandle client, [Out] byte[] text, nuint textBytes);

    /// <returns>Owned by the message.</returns>
    [LibraryImport(File, EntryPoint = "rd_kafka_message_errstr")]
    public static unsafe partial nint ErrorText(NativeMessage* message);

    [LibraryImport(File, EntryPoint = "rd_kafka_conf_new")]
    private static partial nint NewConfig();

    [LibraryImport(File, EntryPoint = "rd_kafka_conf_destroy")]
    private static partial void DestroyConfig(nint config);

    [LibraryImport(File, EntryPoint = "rd_kafka_conf_set_log_cb")]
    private static partial void SetLogCallback(nint config, nint callback);

    [LibraryImport(File, EntryPoint = "rd_kafka_new")]
    private static partial nint NewClient(int type, nint config, [Out] byte[] error, nuint errorBytes);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != File) return 0;
        // Asking for the version makes Confluent.Kafka load its choice.
        var version = Library.VersionString;
        using var process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
        {
            if (!module.FileName.Contains("librdkafka", StringComparison.OrdinalIgnoreCase)) continue;
            return NativeLibrary.Load(module.FileName);
        }
        throw new DllNotFoundException($"librdkafka {version} is loaded, but from no file that this process can name.");
    }

    /// <summary><c>rd_kafka_message_t</c></summary>
    [StructLayout(LayoutKind.Sequential)]
    public unsafe struct NativeMessage
    {
        public ErrorCode Error;
        public nint Topic;
        public int Partition;
        public byte* Value;
        public nuint ValueLength;
        public byte* Key;
        public nuint KeyLength;
        public long Offset;
        public nint Owned;
    }
}
