using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using k8s;
using k8s.Models;
using PredMaint.Testing;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace PredMaint.Deploy.Tests.Manifests;

/// <summary>What <c>kubectl kustomize</c> makes of a folder, read by types; a key that no type knows is an error.</summary>
/// <param name="Heads">Of all documents, in their order; <see cref="Objects"/> has those that a type reads.</param>
public sealed record Rendered(IReadOnlyList<object> Objects, IReadOnlyList<Head> Heads)
{
    /// <summary>The first kubectl whose kustomize (5) knows components' patches with a target and <c>labels</c>.</summary>
    private static readonly Version LeastKubectl = new(1, 27);

    /// <summary>Operators' kinds that others of these tests read.</summary>
    private static readonly string[] Untyped = ["Kafka", "KafkaNodePool", "PrometheusRule"];

    private static readonly ConcurrentDictionary<string, string> Texts = new(StringComparer.Ordinal);

    private static readonly Lazy<string?> Lack = new(WhatIsLacking);

    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build();

    private static readonly IDeserializer Loose = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).IgnoreUnmatchedProperties().Build();

    /// <summary>Every folder that someone may apply.</summary>
    public static IEnumerable<string> Folders =>
        Directory.GetDirectories(Path.Combine(Repository.Root, "k8s", "overlays")).Select(d => $"k8s/overlays/{Path.GetFileName(d)}")
            .Order(StringComparer.Ordinal).Prepend("k8s/base").Append("deploy/kind");

    /// <summary>Renders the folder; skips the calling test where there is no kubectl for it.</summary>
    public static Rendered Of(string folder)
    {
        Assert.SkipUnless(Lack.Value is null, Lack.Value ?? "");
        var text = Texts.GetOrAdd(folder, f => Kubectl("kustomize", Path.Combine(Repository.Root, f)));
        var documents = text.Split("\n---\n");
        return new([.. documents.Select(Read).OfType<object>()], [.. documents.Select(Loose.Deserialize<Head>)]);
    }

    public IEnumerable<T> All<T>() => Objects.OfType<T>();

    public T One<T>() => Assert.Single(All<T>());

    /// <summary>The workloads' names and pods.</summary>
    public IEnumerable<(string Name, V1PodTemplateSpec Pod)> Workloads =>
        All<V1Deployment>().Select(d => (d.Name(), d.Spec.Template)).Concat(All<V1StatefulSet>().Select(s => (s.Name(), s.Spec.Template)));

    /// <summary>The pod of the worker.</summary>
    public V1PodTemplateSpec Worker => Assert.Single(Workloads, w => w.Name == "predmaint").Pod;

    /// <summary>The configuration that the pod sees.</summary>
    public string WorkerYaml
    {
        get
        {
            var volume = Assert.Single(Worker.Spec.Volumes, v => v.ConfigMap is not null).ConfigMap.Name;
            return Assert.Single(All<V1ConfigMap>(), c => c.Name() == volume).Data["worker.yaml"];
        }
    }

    private static object? Read(string document)
    {
        var kind = Loose.Deserialize<Head>(document).Kind;
        return kind switch
        {
            "Namespace" => KubernetesYaml.Deserialize<V1Namespace>(document, strict: true),
            "ServiceAccount" => KubernetesYaml.Deserialize<V1ServiceAccount>(document, strict: true),
            "ConfigMap" => KubernetesYaml.Deserialize<V1ConfigMap>(document, strict: true),
            "Service" => KubernetesYaml.Deserialize<V1Service>(document, strict: true),
            "Deployment" => KubernetesYaml.Deserialize<V1Deployment>(document, strict: true),
            "StatefulSet" => KubernetesYaml.Deserialize<V1StatefulSet>(document, strict: true),
            "PodDisruptionBudget" => KubernetesYaml.Deserialize<V1PodDisruptionBudget>(document, strict: true),
            "NetworkPolicy" => KubernetesYaml.Deserialize<V1NetworkPolicy>(document, strict: true),
            "KafkaTopic" => Custom<KafkaTopic>(document),
            "KafkaUser" => Custom<KafkaUser>(document),
            "ScaledObject" => Custom<ScaledObject>(document),
            "ServiceMonitor" => Custom<ServiceMonitor>(document),
            _ when Untyped.Contains(kind, StringComparer.Ordinal) => null,
            _ => throw new InvalidOperationException($"no type reads the kind {kind}"),
        };
    }

    private static T Custom<T>(string document)
    {
        var body = string.Join('\n', document.Split('\n').Where(l => !l.StartsWith("apiVersion:", StringComparison.Ordinal) && !l.StartsWith("kind:", StringComparison.Ordinal)));
        return Yaml.Deserialize<T>(body);
    }

    private static string? WhatIsLacking()
    {
        try
        {
            var version = JsonDocument.Parse(Kubectl("version", "--client", "-o", "json")).RootElement.GetProperty("clientVersion");
            var (major, minor) = (version.GetProperty("major").GetString()!, version.GetProperty("minor").GetString()!);
            var found = Version.Parse($"{major}.{minor.TrimEnd('+')}");
            return found >= LeastKubectl ? null : $"needs kubectl {LeastKubectl} or later for its kustomize 5, found {found}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"needs kubectl {LeastKubectl} or later on the PATH";
        }
    }

    private static string Kubectl(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("kubectl", arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"kubectl {string.Join(' ', arguments)}: {errors.GetAwaiter().GetResult()}");
        return output;
    }
}

/// <summary>What every kind has.</summary>
public sealed record Head
{
    public string Kind { get; init; } = "";
    public ResourceMeta Metadata { get; init; } = new();
}
