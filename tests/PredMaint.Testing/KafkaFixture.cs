using DotNet.Testcontainers.Builders;
using Testcontainers.Kafka;

namespace PredMaint.Testing;

/// <summary>
/// A real broker for the tests that need one, shared by a test project:
/// <c>[assembly: AssemblyFixture(typeof(KafkaFixture))]</c>, and a constructor that takes it.
/// </summary>
/// <remarks>
/// The broker is the one at PREDMAINT_TEST_KAFKA where that is set, else a container where a Docker engine answers,
/// else the test is skipped and says so. A broker that is promised and does not answer fails the tests: only an absent one skips them.
/// </remarks>
public sealed class KafkaFixture : IAsyncDisposable
{
    public const string Variable = "PREDMAINT_TEST_KAFKA";

    public const string Absent = $"needs a Kafka broker: {Variable} is not set and no Docker engine answers";

    /// <summary>The official image of Apache Kafka, which is what the product's documentation names.</summary>
    public const string Image = "apache/kafka:4.3.1";

    private readonly Lazy<Task<KafkaBroker?>> broker;
    private KafkaContainer? container;

    public KafkaFixture() => broker = new(FindAsync);

    /// <summary>The broker; skips the calling test where there is none.</summary>
    public async Task<KafkaBroker> RequireAsync()
    {
        var found = await broker.Value;
        Assert.SkipWhen(found is null, Absent);
        return found!;
    }

    public async ValueTask DisposeAsync()
    {
        if (container is not null) await container.DisposeAsync();
    }

    private async Task<KafkaBroker?> FindAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } address) return new KafkaBroker(address);
        try
        {
            container = Build();
        }
        catch (DockerUnavailableException)
        {
            return null;
        }
        await container.StartAsync();
        return new KafkaBroker(container.GetBootstrapAddress());
    }

    /// <summary>The builder lets one node keep the only copy of everything; tests create their topics, so that a misspelt name is an error.</summary>
    private static KafkaContainer Build() => new KafkaBuilder(Image).WithEnvironment("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false").Build();
}
