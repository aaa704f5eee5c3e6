using System.Text.RegularExpressions;
using PredMaint.Testing;

namespace PredMaint.Deploy.Tests.Workflows;

public sealed partial class WorkflowTests
{
    private const string Good = """
        name: sample
        on:
          push:
        permissions:
          contents: read
        jobs:
          test:
            runs-on: ubuntu-24.04
            timeout-minutes: 10
            services:
              kafka:
                image: apache/kafka:4.3.1
            steps:
              - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
                with:
                  persist-credentials: false
              - run: make test
        """;

    public static TheoryData<string> Names => [.. Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(Repository.Root, ".github", "workflows");

    [Theory]
    [MemberData(nameof(Names))]
    public void The_workflow_holds_every_rule(string name) => Assert.Empty(WorkflowRules.Breaches(name, Read(name)));

    [Fact]
    public void An_action_is_of_one_commit_everywhere()
    {
        var pins = Directory.GetFiles(Folder).SelectMany(f => Action().Matches(File.ReadAllText(f))).Select(m => (Name: m.Groups["name"].Value, Pin: m.Groups["pin"].Value)).Distinct();
        Assert.All(pins.GroupBy(p => p.Name), p => Assert.Single(p));
    }

    [Fact]
    public void The_tests_of_a_change_have_a_broker()
    {
        var job = Yaml.Map(Read("ci.yaml")).Map("jobs").Map("test");
        Assert.Equal("localhost:9092", job.Map("env").Text("PREDMAINT_TEST_KAFKA"));
        Assert.Equal(["9092:9092"], job.Map("services").Map("kafka").Texts("ports"));
        Assert.Contains(job.List("steps"), s => s.Text("run").EndsWith(" make test", StringComparison.Ordinal));
        Assert.Contains(job.List("steps"), s => s.Text("run").StartsWith(".github/skipped TestResults", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_released_is_built_from_the_tested_files_described_signed_and_attested()
    {
        var steps = Yaml.Map(Read("release.yaml")).Map("jobs").Map("image").List("steps").ToList();
        var push = steps.Single(s => s.Text("id") == "push").Map("with");
        Assert.Equal(("true", "true", "mode=max"), (push.Text("push"), push.Text("sbom"), push.Text("provenance")));
        Assert.Contains(steps, s => s.Text("run") == "cosign sign --yes \"$REGISTRY/$NAME@$DIGEST\"");
        Assert.Contains(steps, s => s.Text("uses").StartsWith("actions/attest-build-provenance@", StringComparison.Ordinal));
        var files = Yaml.Map(Read("release.yaml")).Map("jobs").Map("image").Map("strategy").Map("matrix").List("include").Select(i => i.Text("file")).ToList();
        Assert.Equal(["deploy/Dockerfile", "deploy/Dockerfile.cuda"], files);
        var jobs = Yaml.Map(Read("release.yaml")).Map("jobs");
        Assert.Equal(("test", "./.github/workflows/ci.yaml"), (jobs.Map("image").Text("needs"), jobs.Map("test").Text("uses")));
        Assert.True(Yaml.Map(Read("ci.yaml")).Map("on").ContainsKey("workflow_call"));
        Assert.Contains(steps, s => s.Text("run").StartsWith("git merge-base --is-ancestor \"$GITHUB_SHA\" origin/main ", StringComparison.Ordinal));
    }

    [Fact]
    public void Flux_and_argo_cd_look_where_a_release_writes()
    {
        var bump = File.ReadAllText(Path.Combine(Repository.Root, ".github", "bump"));
        var flux = Yaml.Map(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "gitops", "flux.yaml")).Split("\n---\n")[1]);
        var argo = Yaml.Map(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "gitops", "argocd.yaml")));
        Assert.Equal("./k8s/overlays/production", flux.Map("spec").Text("path"));
        Assert.Equal("k8s/overlays/production", argo.Map("spec").Map("source").Text("path"));
        Assert.Contains("/k8s/overlays/production/kustomization.yaml", bump, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sample_holds_every_rule() => Assert.Empty(WorkflowRules.Breaches("sample", Good));

    [Theory]
    [InlineData("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "is not pinned by a commit")]
    [InlineData(" # v7.0.1", "", "is not pinned by a commit")]
    [InlineData("permissions:\n  contents: read", "permissions: write-all", "more rights than to read")]
    [InlineData("permissions:\n  contents: read\n", "", "more rights than to read")]
    [InlineData("  push:", "  pull_request_target:", "strangers")]
    [InlineData("    timeout-minutes: 10\n", "", "for hours")]
    [InlineData("    timeout-minutes: 10\n", "    timeout-minutes: 10\n    permissions:\n      packages: write\n", "may write packages")]
    [InlineData("ubuntu-24.04", "ubuntu-latest", "the latest")]
    [InlineData("apache/kafka:4.3.1", "apache/kafka", "the image of kafka")]
    [InlineData("persist-credentials: false", "fetch-depth: 0", "leaves its token")]
    [InlineData("run: make test", "run: echo ${{ github.event.head_commit.message }}", "expression into a script")]
    [InlineData("run: make test", "run: make test | tee log", "loses a failure")]
    public void The_rule_can_fail(string right, string wrong, string sentence)
    {
        Assert.Contains(right, Good, StringComparison.Ordinal);
        Assert.Contains(WorkflowRules.Breaches("sample", Good.Replace(right, wrong, StringComparison.Ordinal)), b => b.Contains(sentence, StringComparison.Ordinal));
    }

    private static string Read(string name) => File.ReadAllText(Path.Combine(Folder, name));

    [GeneratedRegex("""uses: (?<name>[\w./-]+)@(?<pin>.+)""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Action();
}
