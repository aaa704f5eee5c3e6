using k8s.Models;

namespace PredMaint.Deploy.Tests.Manifests;

/// <summary>Each rule, shown able to fail: one thing is spoilt, one sentence comes.</summary>
public sealed class RuleTests
{
    private static readonly Dictionary<string, (string Folder, Action<Rendered> Spoil)> Samples = new(StringComparer.Ordinal)
    {
        ["runAsNonRoot is not true"] = Pod(p => p.SecurityContext.RunAsNonRoot = null),
        ["runAsUser is not another user"] = Pod(p => p.SecurityContext.RunAsUser = 0),
        ["no seccomp profile"] = Pod(p => p.SecurityContext.SeccompProfile = null),
        ["shares the host's namespaces"] = Pod(p => p.HostPID = true),
        ["mounts the service account's token"] = Pod(p => p.AutomountServiceAccountToken = null),
        ["takes other services' variables"] = Pod(p => p.EnableServiceLinks = true),
        ["of a kind that the profile forbids"] = Pod(p => p.Volumes[0] = new V1Volume { Name = p.Volumes[0].Name, HostPath = new V1HostPathVolumeSource { Path = "/" } }),
        ["may gain privileges"] = Container(c => c.SecurityContext.AllowPrivilegeEscalation = null),
        ["is privileged"] = Container(c => c.SecurityContext.Privileged = true),
        ["may write to its root"] = Container(c => c.SecurityContext.ReadOnlyRootFilesystem = false),
        ["keeps capabilities"] = Container(c => c.SecurityContext.Capabilities.Drop = ["NET_RAW"]),
        ["adds capabilities"] = Container(c => c.SecurityContext.Capabilities.Add = ["SYS_ADMIN"]),
        ["worker runs as root"] = Container(c => c.SecurityContext.RunAsUser = 0),
        ["takes a port of the host"] = Container(c => c.Ports[0].HostPort = 80),
        ["requests no cpu"] = Container(c => c.Resources.Requests.Remove("cpu")),
        ["has no limit of memory"] = Container(c => c.Resources.Limits.Remove("memory")),
        ["predmaint:latest is not pinned"] = Container(c => c.Image = "ghcr.io/predmaint/predmaint:latest"),
        ["localhost:5000/predmaint is not pinned"] = Container(c => c.Image = "localhost:5000/predmaint"),
        ["which is no volume"] = Container(c => c.VolumeMounts.Add(new V1VolumeMount { Name = "nothing", MountPath = "/nothing" })),
        ["volume models: the image"] = ("k8s/overlays/models", r => r.Worker.Spec.Volumes.Single(v => v.Image is not null).Image.Reference = "ghcr.io/predmaint/models"),
        // It would kill a worker whose brokers are away or whose restore is long.
        ["the start-up probe does not ask /livez"] = Container(c => c.StartupProbe.HttpGet.Path = "/startupz"),
        ["the readiness probe does not ask /readyz"] = Container(c => c.ReadinessProbe = null),
        ["the liveness probe does not ask /livez"] = Container(c => c.LivenessProbe.HttpGet.Port = "http"),
        ["is killed before"] = Pod(p => p.TerminationGracePeriodSeconds = 20),
        ["nowhere to write"] = Container(c => c.VolumeMounts.Remove(c.VolumeMounts.Single(m => m.MountPath == "/tmp"))),
        ["0 disruption budgets select"] = Base(r => r.One<V1PodDisruptionBudget>().Spec.Selector.MatchLabels["app.kubernetes.io/name"] = "another"),
        ["holds up the draining"] = Base(r => r.One<V1PodDisruptionBudget>().Spec.UnhealthyPodEvictionPolicy = null),
        ["no node can ever be drained"] = Base(r => r.One<V1PodDisruptionBudget>().Spec.MaxUnavailable = 0),
        ["no network policy bounds"] = Base(r => r.One<V1NetworkPolicy>().Spec.PolicyTypes = ["Ingress"]),
        ["finds no pod"] = Base(r => r.One<V1Service>().Spec.Selector["app.kubernetes.io/name"] = "another"),
        ["leads to no port"] = Base(r => r.One<V1Service>().Spec.Ports[0].TargetPort = 8080),
        ["the service monitor finds no service"] = ("k8s/overlays/monitoring", r => r.One<V1Service>().Spec.Ports[0].Name = "http"),
        ["does not hold its pods"] = Base(r => r.One<V1Namespace>().Metadata.Labels["pod-security.kubernetes.io/enforce"] = "baseline"),
        ["the service account does not exist"] = Pod(p => p.ServiceAccountName = "default"),
        ["hands out its token"] = Base(r => r.One<V1ServiceAccount>().AutomountServiceAccountToken = null),
        ["config map other does not exist"] = Pod(p => p.Volumes.Single(v => v.ConfigMap is not null).ConfigMap.Name = "other"),
        ["NetworkPolicy predmaint is not in the namespace"] = Base(r => r.Heads.Single(h => h.Kind == "NetworkPolicy").Metadata.Namespace = ""),
        ["KafkaTopic readings is not in the namespace"] = ("k8s/overlays/strimzi", r => r.Heads.Single(h => h.Metadata.Name == "readings").Metadata.Namespace = "default"),
        ["KafkaTopic readings holds data and may be pruned"] = ("k8s/overlays/strimzi", r => r.Heads.Single(h => h.Metadata.Name == "readings").Metadata.Annotations.Remove("kustomize.toolkit.fluxcd.io/prune")),
        ["Namespace predmaint holds data and may be pruned"] = Base(r => r.Heads.Single(h => h.Kind == "Namespace").Metadata.Annotations.Clear()),
        ["another namespace's workers"] = ("k8s/overlays/keda", r => Query(r.One<ScaledObject>().Spec.Triggers[^1].Metadata)),
        ["scales nothing"] = ("k8s/overlays/keda", r => r.One<ScaledObject>().Spec.ScaleTargetRef.Kind = "StatefulSet"),
    };

    public static TheoryData<string> Sentences => [.. Samples.Keys];

    [Theory]
    [MemberData(nameof(Sentences))]
    public void The_rule_can_fail(string sentence)
    {
        var rendered = Rendered.Of(Samples[sentence].Folder);
        Samples[sentence].Spoil(rendered);
        Assert.Contains(WorkerRules.Breaches(rendered), b => b.Contains(sentence, StringComparison.Ordinal));
    }

    private static void Query(Dictionary<string, string> trigger) => trigger["query"] = trigger["query"].Replace("namespace=\"predmaint\"}", "namespace=\"other\"}", StringComparison.Ordinal);

    private static (string, Action<Rendered>) Base(Action<Rendered> spoil) => ("k8s/base", spoil);

    private static (string, Action<Rendered>) Pod(Action<V1PodSpec> spoil) => Base(r => spoil(r.Worker.Spec));

    private static (string, Action<Rendered>) Container(Action<V1Container> spoil) => Base(r => spoil(r.Worker.Spec.Containers[0]));
}
