using k8s.Models;

namespace PredMaint.Deploy.Tests.Manifests;

// The operators' own kinds, as far as the manifests use them; a key that is not here fails the reading.

public sealed record ResourceMeta
{
    public string Name { get; init; } = "";
    public string Namespace { get; set; } = "";
    public Dictionary<string, string> Labels { get; init; } = [];
    public Dictionary<string, string> Annotations { get; init; } = [];
}

public sealed record KafkaTopic
{
    public ResourceMeta Metadata { get; init; } = new();
    public KafkaTopicSpec Spec { get; init; } = new();
}

public sealed record KafkaTopicSpec
{
    public int Partitions { get; init; }
    public Dictionary<string, string> Config { get; init; } = [];
}

public sealed record KafkaUser
{
    public ResourceMeta Metadata { get; init; } = new();
    public KafkaUserSpec Spec { get; init; } = new();
}

public sealed record KafkaUserSpec
{
    public KafkaType Authentication { get; init; } = new();
    public KafkaAuthorization Authorization { get; init; } = new();
}

public sealed record KafkaType
{
    public string Type { get; init; } = "";
}

public sealed record KafkaAuthorization
{
    public string Type { get; init; } = "";
    public List<KafkaAcl> Acls { get; init; } = [];
}

public sealed record KafkaAcl
{
    public KafkaResource Resource { get; init; } = new();
    public List<string> Operations { get; init; } = [];

    /// <summary>One right a line: <c>topic readings Read</c>; a prefix ends in *.</summary>
    public IEnumerable<string> Rights => Operations.Select(o => $"{Resource.Type} {Resource.Name}{(Resource.PatternType == "prefix" ? "*" : "")} {o}");
}

public sealed record KafkaResource
{
    public string Type { get; init; } = "";
    public string Name { get; init; } = "";
    public string PatternType { get; init; } = "literal";
}

public sealed record ScaledObject
{
    public ResourceMeta Metadata { get; init; } = new();
    public ScaledObjectSpec Spec { get; init; } = new();
}

public sealed record ScaledObjectSpec
{
    public V1TypedObjectReference ScaleTargetRef { get; init; } = new();
    public int MinReplicaCount { get; init; }
    public int MaxReplicaCount { get; init; }
    public ScaledObjectFallback? Fallback { get; init; }
    public Dictionary<string, object> Advanced { get; init; } = [];
    public List<ScaledObjectTrigger> Triggers { get; init; } = [];
}

public sealed record ScaledObjectFallback
{
    public int FailureThreshold { get; init; }
    public int Replicas { get; init; }
    public string Behavior { get; init; } = "static";
}

public sealed record ScaledObjectTrigger
{
    public string Type { get; init; } = "";
    public string MetricType { get; init; } = "AverageValue";
    public Dictionary<string, string> Metadata { get; init; } = [];
}

public sealed record ServiceMonitor
{
    public ResourceMeta Metadata { get; init; } = new();
    public ServiceMonitorSpec Spec { get; init; } = new();
}

public sealed record ServiceMonitorSpec
{
    public V1LabelSelector Selector { get; init; } = new();
    public List<ServiceMonitorEndpoint> Endpoints { get; init; } = [];
}

public sealed record ServiceMonitorEndpoint
{
    public string Port { get; init; } = "";
    public string Interval { get; init; } = "";
}
