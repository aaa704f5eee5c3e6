using k8s.Models;

namespace PredMaint.Deploy.Tests.Manifests;

public sealed class OverlayTests
{
    public static TheoryData<string> Folders => [.. Rendered.Folders];

    [Theory]
    [MemberData(nameof(Folders))]
    public void What_is_applied_holds_every_rule(string folder)
    {
        var breaches = WorkerRules.Breaches(Rendered.Of(folder)).ToList();
        Assert.True(breaches.Count == 0, string.Join('\n', breaches));
    }

    [Fact]
    public void The_pods_of_a_stateful_set_keep_their_name_in_the_group()
    {
        var pod = Rendered.Of("k8s/overlays/statefulset").Worker.Spec;
        Assert.Equal("metadata.name", pod.Containers[0].Env.Single(e => e.Name == "PREDMAINT__KAFKA__GROUP_INSTANCE_ID").ValueFrom.FieldRef.FieldPath);
    }

    [Fact]
    public void A_gpu_is_one_worker_s_and_its_image_is_the_one_with_cuda()
    {
        var rendered = Rendered.Of("k8s/overlays/gpu");
        var container = rendered.Worker.Spec.Containers[0];
        Assert.Equal("1", container.Resources.Limits["nvidia.com/gpu"].ToString());
        Assert.StartsWith("ghcr.io/predmaint/predmaint-cuda:", container.Image, StringComparison.Ordinal);
        Assert.Equal("true", rendered.Worker.Spec.NodeSelector["nvidia.com/gpu.present"]);
        // Nobody has a GPU to spare for a third one.
        var update = rendered.One<V1Deployment>().Spec.Strategy.RollingUpdate;
        Assert.Equal(("0", "1"), (update.MaxSurge.ToString(), update.MaxUnavailable.ToString()));
    }

    [Fact]
    public void Models_of_their_own_image_are_mounted_and_their_digest_is_still_asked_for()
    {
        var rendered = Rendered.Of("k8s/overlays/models");
        Assert.Contains(rendered.Worker.Spec.Volumes, v => v.Image is not null);
        Assert.Contains("sha256: ", rendered.WorkerYaml, StringComparison.Ordinal);
    }

    /// <summary>A token endpoint; brokers and OTLP have ports of their own.</summary>
    [Theory]
    [InlineData("k8s/overlays/oidc", 1)]
    [InlineData("k8s/overlays/production", 0)]
    public void The_worker_gets_out_over_https_where_it_has_to(string folder, int policies) =>
        Assert.Equal(policies, Rendered.Of(folder).All<V1NetworkPolicy>().Count(p => (p.Spec.Egress ?? []).Any(e => e.Ports.Any(q => q.Port.ToString() == "443"))));

    [Fact]
    public void The_operator_of_kube_prometheus_stack_finds_the_monitor_and_the_rules()
    {
        var found = Rendered.Of("k8s/overlays/production").Heads.Where(h => h.Metadata.Labels.GetValueOrDefault("release") == "kube-prometheus-stack");
        Assert.Equal(["PrometheusRule", "ServiceMonitor"], found.Select(h => h.Kind).Order(StringComparer.Ordinal));
    }
}
