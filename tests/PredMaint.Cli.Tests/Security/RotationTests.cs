using PredMaint.Cli.Tests.Running;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Security;

/// <summary>Passwords and certificates that change on disk while a worker runs: no alert is lost, none comes twice.</summary>
[Trait("needs", "kafka")]
public sealed class RotationTests(SecureBroker broker)
{
    private const string User = "rotated";

    [Fact]
    public async Task A_password_that_changes_is_taken_up_whether_the_file_or_the_broker_has_it_first()
    {
        await broker.RequireAsync();
        using var job = await Job.WithTopicsAsync(broker.Open);
        await broker.GrantAsync(SecureBroker.LeastRights(job, $"User:{User}"));
        await broker.SetPasswordAsync(User, "first-secret");
        var file = broker.Replace("rotated", "first-secret\n");
        await using var feed = new Feed(broker.Open, job.Readings, machines: 10);
        await using var worker = job.Run([.. Secure(broker.Sasl, "sasl_ssl"), "kafka.sasl.mechanism=SCRAM-SHA-512", $"kafka.sasl.username={User}", $"kafka.sasl.password=${{file:{file}}}"]);
        await LiveAsync(worker, times: 1);

        await broker.SetPasswordAsync(User, "second-secret");
        broker.Replace("rotated", "second-secret\n");
        await LiveAsync(worker, times: 2);

        await broker.SetPasswordAsync(User, "third-secret");
        // As often as it takes: the clients of the first new beginning are refused in another place than those whose password was good once.
        const string refused = "failed and begins anew: kafka.sasl.mechanism";
        await Eventually.TrueAsync(() => worker.HasExited || worker.Output.Split(refused).Length > 3, "a third new beginning", TimeSpan.FromMinutes(2), () => worker.Output);
        broker.Replace("rotated", "third-secret\n");
        await LiveAsync(worker, times: 3);
        // Of a new beginning come three lines of clients at most.
        Assert.InRange(worker.Output.Split("Local_Authentication").Length, 1, 3 * 10);

        await FinishAsync(job, feed, worker);
        Assert.DoesNotContain("-secret", worker.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_is_replaced_is_taken_up_and_half_of_one_is_not()
    {
        await broker.RequireAsync();
        using var job = await Job.WithTopicsAsync(broker.Open);
        var rights = SecureBroker.LeastRights(job, "User:CN=before");
        await broker.GrantAsync(rights);
        await broker.GrantAsync(SecureBroker.LeastRights(job, "User:CN=after"));
        var settings = broker.Certificate("before", "replaced");
        await using var feed = new Feed(broker.Open, job.Readings);
        await using var worker = job.Run([.. Secure(broker.Mutual, "ssl"), .. settings]);
        await LiveAsync(worker, times: 1);

        broker.Certificate("after", "later");
        broker.Replace("replaced.crt", File.ReadAllText(broker.PathOf("later.crt")));
        await worker.LineAsync("Changed secrets are refused, those of before are kept: kafka.ssl.key.location");
        broker.Replace("replaced.key", File.ReadAllText(broker.PathOf("later.key")));
        await LiveAsync(worker, times: 2);

        // Whoever still came as the one before could do nothing any more.
        await broker.RevokeAsync(rights);
        var sofar = (await job.AlertsAsync()).Count;
        await Eventually.TrueAsync(async () => (await job.AlertsAsync()).Count > sofar, "more alerts", state: () => worker.Output);
        await FinishAsync(job, feed, worker);
    }

    private static async Task FinishAsync(Job job, Feed feed, RunningProgram worker)
    {
        await feed.StopAsync();
        await job.CaughtUpAsync(worker);
        await Job.StopAsync(worker);
        Alert.AssertSame(await job.BacktestAsync(), await job.AlertsAsync());
    }

    private static Task LiveAsync(RunningProgram worker, int times) => Eventually.TrueAsync(
        () => worker.HasExited || worker.Output.Split(" restored, live from offset ").Length > times * Job.Partitions, $"all partitions live {times} times",
        state: () => $"{worker.Output}\n{worker.Errors}");

    private string[] Secure(string listener, string protocol) => [$"kafka.bootstrap.servers={listener}", $"kafka.security.protocol={protocol}", $"kafka.ssl.ca.location={broker.AuthorityFile}"];
}
