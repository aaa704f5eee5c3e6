namespace PredMaint.Deploy.Tests.Images;

public sealed class DockerfileTests
{
    private const string Good = """
        FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS files
        RUN deploy/publish "$TARGETARCH" /files
        FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled
        LABEL org.opencontainers.image.title="t" org.opencontainers.image.description="d" \
              org.opencontainers.image.source="s" org.opencontainers.image.version="v" org.opencontainers.image.revision="r"
        COPY --from=files /files /app
        ENV TMPDIR=/tmp
        USER $APP_UID
        """;

    [Theory]
    [InlineData("Dockerfile")]
    [InlineData("Dockerfile.cuda")]
    public void The_image_holds_every_rule(string name) => Assert.Empty(ImageRules.Breaches(Dockerfile.Of(name)));

    [Fact]
    public void Both_images_start_alike_and_as_the_deployment_does()
    {
        string[] run = ["run", "--config", "/etc/predmaint/worker.yaml"];
        foreach (var name in (string[])["Dockerfile", "Dockerfile.cuda"])
        {
            Assert.Equal(["/app/predmaint"], Dockerfile.Of(name).Command("ENTRYPOINT"));
            Assert.Equal(run, Dockerfile.Of(name).Command("CMD"));
        }
    }

    [Fact]
    public void The_image_on_gpus_is_published_for_them() =>
        Assert.Contains(Dockerfile.Of("Dockerfile.cuda").All("RUN"), r => r.EndsWith("deploy/publish amd64 /files Gpu", StringComparison.Ordinal));

    [Fact]
    public void The_sample_holds_every_rule() => Assert.Empty(ImageRules.Breaches(Dockerfile.Parse("sample", Good)));

    [Theory]
    [InlineData("aspnet:10.0-noble-chiseled", "aspnet", "is not pinned")]
    [InlineData("sdk:10.0-noble", "sdk:latest", "is not pinned")]
    [InlineData("COPY --from=files /files /app", "COPY --from=files /files /app\nCOPY --from=busybox /bin/sh /bin/sh", "is not pinned")]
    [InlineData("USER $APP_UID", "", "does not run as the user 1654")]
    [InlineData("USER $APP_UID", "USER $APP_UID\nUSER root", "does not run as the user 1654")]
    [InlineData("USER $APP_UID", "RUN touch /app/x\nUSER $APP_UID", "no test has seen")]
    [InlineData("USER $APP_UID", "HEALTHCHECK CMD curl localhost\nUSER $APP_UID", "needs a shell")]
    [InlineData("deploy/publish \"$TARGETARCH\" /files", "dotnet publish -o /files", "not those of deploy/publish")]
    [InlineData("COPY --from=files /files /app", "COPY --from=files /files/predmaint /app/", "ships other files")]
    [InlineData("org.opencontainers.image.revision=\"r\"", "", "has no label revision")]
    [InlineData("ENV TMPDIR=/tmp", "", "no known place")]
    public void The_rule_can_fail(string right, string wrong, string sentence)
    {
        Assert.Contains(right, Good, StringComparison.Ordinal);
        Assert.Contains(ImageRules.Breaches(Dockerfile.Parse("sample", Good.Replace(right, wrong, StringComparison.Ordinal))), b => b.Contains(sentence, StringComparison.Ordinal));
    }
}
