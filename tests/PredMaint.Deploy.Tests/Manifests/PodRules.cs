using k8s.Models;

namespace PredMaint.Deploy.Tests.Manifests;

/// <summary>
/// What every pod must be: Kubernetes' restricted profile (kubernetes.io/docs/concepts/security/pod-security-standards), a root
/// that is not written to, bounded, and of a known image. One sentence a breach.
/// </summary>
internal static class PodRules
{
    public static IEnumerable<string> Breaches(string name, V1PodSpec pod)
    {
        foreach (var breach in Restricted(pod).Concat(pod.Containers.Concat(pod.InitContainers ?? []).SelectMany(Container)).Concat(Mounts(pod)))
            yield return $"{name}: {breach}";
    }

    /// <summary>A tag that is not "latest", or a digest.</summary>
    public static bool IsPinned(string image)
    {
        if (image.Contains("@sha256:", StringComparison.Ordinal)) return true;
        var tag = image.LastIndexOf(':') is var colon && colon > image.LastIndexOf('/') ? image[(colon + 1)..] : "";
        return tag.Length > 0 && tag != "latest";
    }

    private static IEnumerable<string> Restricted(V1PodSpec pod)
    {
        if (pod.SecurityContext?.RunAsNonRoot != true) yield return "runs as root: runAsNonRoot is not true";
        if (pod.SecurityContext?.RunAsUser is null or 0) yield return "runs as root: runAsUser is not another user";
        if (pod.SecurityContext?.SeccompProfile?.Type is not ("RuntimeDefault" or "Localhost")) yield return "no seccomp profile";
        if (pod.HostNetwork == true || pod.HostPID == true || pod.HostIPC == true) yield return "shares the host's namespaces";
        if (pod.AutomountServiceAccountToken != false) yield return "mounts the service account's token";
        if (pod.EnableServiceLinks == true) yield return "takes other services' variables";
        foreach (var volume in pod.Volumes ?? [])
            if (volume is { ConfigMap: null, Secret: null, EmptyDir: null, Image: null, Projected: null, DownwardAPI: null, Csi: null, Ephemeral: null, PersistentVolumeClaim: null })
                yield return $"volume {volume.Name} is of a kind that the profile forbids";
    }

    private static IEnumerable<string> Container(V1Container container)
    {
        var security = container.SecurityContext;
        if (security?.AllowPrivilegeEscalation != false) yield return $"{container.Name} may gain privileges";
        if (security?.Privileged == true) yield return $"{container.Name} is privileged";
        if (security?.ReadOnlyRootFilesystem != true) yield return $"{container.Name} may write to its root";
        if (security?.Capabilities?.Drop?.Contains("ALL") != true) yield return $"{container.Name} keeps capabilities";
        if (security?.Capabilities?.Add?.Any(c => c != "NET_BIND_SERVICE") == true) yield return $"{container.Name} adds capabilities";
        if (security?.RunAsUser == 0 || security?.RunAsNonRoot == false) yield return $"{container.Name} runs as root";
        if ((container.Ports ?? []).Any(p => p.HostPort > 0)) yield return $"{container.Name} takes a port of the host";
        foreach (var resource in (string[])["cpu", "memory"])
        {
            if (container.Resources?.Requests?.ContainsKey(resource) != true) yield return $"{container.Name} requests no {resource}";
            if (container.Resources?.Limits?.ContainsKey(resource) != true) yield return $"{container.Name} has no limit of {resource}";
        }
        if (!IsPinned(container.Image ?? "")) yield return $"{container.Name}: the image {container.Image} is not pinned";
    }

    private static IEnumerable<string> Mounts(V1PodSpec pod)
    {
        var volumes = (pod.Volumes ?? []).Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var mount in pod.Containers.SelectMany(c => c.VolumeMounts ?? []))
            if (!volumes.Contains(mount.Name)) yield return $"mounts {mount.Name}, which is no volume";
        foreach (var volume in pod.Volumes ?? [])
            if (volume.Image is { } image && !IsPinned(image.Reference)) yield return $"volume {volume.Name}: the image {image.Reference} is not pinned";
    }
}
