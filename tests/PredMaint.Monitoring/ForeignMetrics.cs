using PredMaint.Worker.Telemetry;

namespace PredMaint.Monitoring;

/// <summary>Metrics that others emit: the .NET runtime in the worker's process, Prometheus, kube-state-metrics.</summary>
public static class ForeignMetrics
{
    /// <summary>Of Prometheus: 1 where the last scrape of a target succeeded.</summary>
    public const string Up = "up";

    /// <summary>Of kube-state-metrics; only the rule about GPUs needs it, which is silent without.</summary>
    public const string PodLimits = "kube_pod_container_resource_limits";

    // The runtime's own meter, System.Runtime, as the worker's endpoint shows it.
    public static Metric CpuTime { get; } = new("dotnet.process.cpu.time", MetricKind.Counter, "s", "CPU time of the process", "cpu.mode");
    public static Metric WorkingSet { get; } = new("dotnet.process.memory.working_set", MetricKind.Gauge, "By", "Resident memory of the process");
    public static Metric HeapSize { get; } = new("dotnet.gc.last_collection.heap.size", MetricKind.Gauge, "By", "Managed heap after the last collection", "gc.heap.generation");
    public static Metric GcPause { get; } = new("dotnet.gc.pause.time", MetricKind.Counter, "s", "Time that collections held the process up");
    public static Metric Collections { get; } = new("dotnet.gc.collections", MetricKind.Counter, "{collection}", "Garbage collections", "gc.heap.generation");
    public static Metric Allocated { get; } = new("dotnet.gc.heap.total_allocated", MetricKind.Counter, "By", "Bytes allocated");
    public static Metric Exceptions { get; } = new("dotnet.exceptions", MetricKind.Counter, "{exception}", "Exceptions thrown", "error.type");

    public static IReadOnlyList<Metric> Runtime { get; } = [CpuTime, WorkingSet, HeapSize, GcPause, Collections, Allocated, Exceptions];

    public static IReadOnlyList<string> Others { get; } = [Up, PodLimits];
}
