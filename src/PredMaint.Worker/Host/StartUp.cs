using PredMaint.Worker.Brokers;
using PredMaint.Worker.Configuration;
using PredMaint.Worker.Line;
using PredMaint.Worker.Topics;

namespace PredMaint.Worker.Host;

/// <summary>What is asked of the brokers before the first line begins.</summary>
public static class StartUp
{
    /// <summary>A broker that starts may refuse for some seconds; a refusal that lasts longer is one.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    /// <summary>Part of what a worker may take to stop.</summary>
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(3);

    /// <summary>Waits until the brokers answer, then checks the topics.</summary>
    /// <returns>Why the worker must not start; empty where it may.</returns>
    /// <exception cref="BrokerRefusedException">Credentials, rights or certificates are refused.</exception>
    public static async Task<IReadOnlyList<string>> CheckTopicsAsync(WorkerOptions options, TimeProvider time, ILogger log, CancellationToken stop) =>
        await Resilience.StartUp(time, log).ExecuteAsync(async cancel =>
        {
            // The client's first contact blocks; a request to stop need not wait for it.
            using var admin = await Task.Run(() => BrokerConnection.Connect(options.Kafka, time, ConnectLimit), cancel).WaitAsync(cancel);
            return await TopicAdmin.CheckAsync(admin, options.Topics);
        }, stop);

    /// <summary>Whoever stops while no broker answers says so, even where nothing was left to commit.</summary>
    /// <exception cref="BrokerUnreachableException">None answers.</exception>
    /// <exception cref="BrokerRefusedException">Credentials or certificates are refused.</exception>
    /// <exception cref="KafkaException">As <see cref="BrokerConnection.Make"/>.</exception>
    public static Task FarewellAsync(IReadOnlyDictionary<string, string> kafka, TimeProvider time) =>
        Task.Run(() => BrokerConnection.Connect(kafka, time, FarewellLimit).Dispose());
}
