using k8s.Models;
using PredMaint.Worker.Host;
using PredMaint.Worker.Telemetry;

namespace PredMaint.Deploy.Tests.Manifests;

/// <summary>What else a rendering of the worker must hold: probes, time to stop, and the objects around it that find its pods.</summary>
internal static class WorkerRules
{
    /// <summary>After SIGTERM: its work, then metrics and spans, then logs are sent off.</summary>
    public static double ShutdownSeconds { get; } = WorkerHost.ShutdownLimit.TotalSeconds + 2 * TelemetryServer.FlushLimitMs / 1000.0;

    public static IEnumerable<string> Breaches(Rendered rendered) =>
        rendered.Workloads.SelectMany(w => PodRules.Breaches(w.Name, w.Pod.Spec))
            .Concat(Worker(rendered.Worker.Spec)).Concat(Around(rendered)).Concat(Data(rendered)).Concat(References(rendered)).Concat(Namespaces(rendered));

    private static IEnumerable<string> Worker(V1PodSpec pod)
    {
        var container = Assert.Single(pod.Containers);
        foreach (var (kind, probe, path) in new[] { ("start-up", container.StartupProbe, "/livez"), ("readiness", container.ReadinessProbe, "/readyz"), ("liveness", container.LivenessProbe, "/livez") })
            if (probe?.HttpGet?.Path != path || !HasPort(container, probe.HttpGet.Port?.ToString())) yield return $"the {kind} probe does not ask {path}";
        if (!(pod.TerminationGracePeriodSeconds > ShutdownSeconds)) yield return $"is killed before the {ShutdownSeconds} s that it may take to stop";
        if (!container.VolumeMounts.Any(m => m.MountPath == "/tmp" && pod.Volumes.Single(v => v.Name == m.Name).EmptyDir is not null)) yield return "nowhere to write .NET's diagnostics";
    }

    private static IEnumerable<string> Around(Rendered rendered)
    {
        var labels = rendered.Worker.Metadata.Labels;
        var budgets = rendered.All<V1PodDisruptionBudget>().Where(b => Selects(b.Spec.Selector, labels)).ToList();
        if (budgets.Count != 1) yield return $"{budgets.Count} disruption budgets select the pods";
        if (budgets.Any(b => b.Spec.UnhealthyPodEvictionPolicy != "AlwaysAllow")) yield return "a pod that is not ready holds up the draining of its node";
        if (budgets.Any(b => b.Spec.MaxUnavailable?.ToString() is null or "0")) yield return "no node can ever be drained";
        var policies = rendered.All<V1NetworkPolicy>().Where(p => Selects(p.Spec.PodSelector, labels)).ToList();
        if (!policies.Any(p => p.Spec.PolicyTypes.Contains("Ingress") && p.Spec.PolicyTypes.Contains("Egress"))) yield return "no network policy bounds the pods both ways";
        foreach (var service in rendered.All<V1Service>())
        {
            if (!Matches(service.Spec.Selector, labels)) yield return $"service {service.Name()} finds no pod";
            if (service.Spec.Ports.Any(p => !HasPort(rendered.Worker.Spec.Containers[0], p.TargetPort?.ToString()))) yield return $"service {service.Name()} leads to no port";
        }
        foreach (var monitor in rendered.All<ServiceMonitor>())
            if (!rendered.All<V1Service>().Any(s => Selects(monitor.Spec.Selector, s.Metadata.Labels) && monitor.Spec.Endpoints.All(e => s.Spec.Ports.Any(p => p.Name == e.Port))))
                yield return "the service monitor finds no service";
        if (rendered.All<V1Namespace>().Any(n => n.Metadata.Labels["pod-security.kubernetes.io/enforce"] != "restricted")) yield return "the namespace does not hold its pods to the restricted profile";
    }

    private static IEnumerable<string> References(Rendered rendered)
    {
        var account = rendered.All<V1ServiceAccount>().SingleOrDefault(a => a.Name() == rendered.Worker.Spec.ServiceAccountName);
        if (account is null) yield return "the service account does not exist";
        else if (account.AutomountServiceAccountToken != false) yield return "the service account hands out its token";
        var maps = rendered.All<V1ConfigMap>().Select(c => c.Name()).ToHashSet(StringComparer.Ordinal);
        foreach (var volume in rendered.Workloads.SelectMany(w => w.Pod.Spec.Volumes))
            if (volume.ConfigMap is { } map && !maps.Contains(map.Name)) yield return $"the config map {map.Name} does not exist";
        foreach (var scaled in rendered.All<ScaledObject>())
            if (!rendered.Workloads.Any(w => w.Name == scaled.Spec.ScaleTargetRef.Name) || scaled.Spec.ScaleTargetRef.Kind != Kind(rendered)) yield return "the scaled object scales nothing";
    }

    private static IEnumerable<string> Namespaces(Rendered rendered)
    {
        var name = rendered.All<V1Namespace>().Single().Name();
        foreach (var other in rendered.Heads.Where(h => h.Kind != "Namespace" && h.Metadata.Namespace != name))
            yield return $"{other.Kind} {other.Metadata.Name} is not in the namespace {name}";
        // No transformer of kustomize reaches into a query.
        foreach (var query in rendered.All<ScaledObject>().SelectMany(s => s.Spec.Triggers).Select(t => t.Metadata["query"]))
            if (query.Split('{').Length != query.Split($"namespace=\"{name}\"").Length) yield return $"the autoscaler asks for another namespace's workers: {query}";
    }

    /// <summary>What is gone from the repository would be gone with its data.</summary>
    private static IEnumerable<string> Data(Rendered rendered) =>
        from head in rendered.Heads
        where head.Kind is "KafkaTopic" or "Namespace"
        where head.Metadata.Annotations.GetValueOrDefault("kustomize.toolkit.fluxcd.io/prune") != "disabled"
            || head.Metadata.Annotations.GetValueOrDefault("argocd.argoproj.io/sync-options") != "Prune=false,Delete=false"
        select $"{head.Kind} {head.Metadata.Name} holds data and may be pruned";

    private static string Kind(Rendered rendered) => rendered.All<V1StatefulSet>().Any() ? "StatefulSet" : "Deployment";

    private static bool HasPort(V1Container container, string? port) => (container.Ports ?? []).Any(p => p.Name == port || p.ContainerPort.ToString() == port);

    private static bool Selects(V1LabelSelector selector, IDictionary<string, string> labels) => selector.MatchExpressions is null && Matches(selector.MatchLabels, labels);

    private static bool Matches(IDictionary<string, string> wanted, IDictionary<string, string> labels) =>
        wanted.Count > 0 && wanted.All(w => labels.TryGetValue(w.Key, out var value) && value == w.Value);
}
