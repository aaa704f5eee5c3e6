using Confluent.Kafka.Admin;
using PredMaint.Testing;

namespace PredMaint.Cli.Tests.Security;

/// <summary>The least rights of a worker: with them it works, and each that is taken away breaks one thing, which the error names.</summary>
[Trait("needs", "kafka")]
public sealed class AccessTests(SecureBroker broker)
{
    private const string Password = "access-secret";

    private const int AtOnce = 4;

    [Fact]
    public void The_rights_in_SECURITY_md_are_those_that_are_tested()
    {
        var tested = SecureBroker.Rules().Select(rule => (string[])
        [
            $"{((string)rule["resource"]!["type"]! == "transactionalId" ? "transactional ids that begin with" : rule["resource"]!["type"])} `{rule["resource"]!["name"]}`",
            string.Join(", ", rule["operations"]!.AsArray()), $"{rule["for"]}",
        ]);
        Assert.Equal(tested, SecurityGuide.Rows("The least rights of a worker"));
    }

    [Fact]
    public async Task Each_right_is_needed_and_missed_by_name()
    {
        await broker.RequireAsync();
        using var job = await Job.WithTopicsAsync(broker.Open);
        var count = SecureBroker.LeastRights(job, "User:x").Count;
        var failures = new List<string>();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (without, _) =>
        {
            var user = $"without-{without}";
            var rights = SecureBroker.LeastRights(job, $"User:{user}");
            var (operation, resource) = (rights[without].Entry.Operation, rights[without].Pattern);
            await broker.SetPasswordAsync(user, Password);
            await broker.GrantAsync(rights.Where((_, i) => i != without));
            await using var worker = job.Run([.. As(user), $"instance={user}"]);
            var code = await worker.ExitAsync();
            var (setting, missed) = Expected(job, resource, operation);
            var errors = worker.Errors.Split('\n');
            if (code == 2 && errors is [var error] && error.Contains($"{setting}: ", StringComparison.Ordinal) && error.Contains(missed, StringComparison.Ordinal)) return;
            lock (failures) failures.Add($"without {operation} on {resource.Type} {resource.Name} the error must say \"{setting}\" and \"{missed}\", but: {code} {worker.Errors}");
        });
        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public async Task A_right_that_is_taken_away_ends_a_worker_that_needs_it()
    {
        await broker.RequireAsync();
        using var job = await Job.WithTopicsAsync(broker.Open);
        var rights = SecureBroker.LeastRights(job, "User:robbed");
        await broker.SetPasswordAsync("robbed", Password);
        await broker.GrantAsync(rights);
        await using var worker = job.Run(As("robbed"));
        await worker.LineAsync("Partition 3 restored");
        await broker.RevokeAsync(rights.Where(r => r.Pattern.Name == job.Alerts));
        await job.Broker.ProduceAsync(job.Readings, Fleet.Readings(machines: 10, steps: 60));
        Assert.Equal(2, await worker.ExitAsync());
        Assert.StartsWith("predmaint: topics.*: the broker's access rules refuse it", worker.Errors, StringComparison.Ordinal);
        Assert.Contains($"{job.Alerts}: ", worker.Errors, StringComparison.Ordinal);
        Assert.Empty(await job.AlertsAsync());

        await broker.GrantAsync(rights);
        await using var next = job.Run(As("robbed"));
        await job.CaughtUpAsync(next);
        await Job.StopAsync(next);
        Alert.AssertSame(await job.BacktestAsync(), await job.AlertsAsync());
    }

    private static (string Setting, string Missed) Expected(Job job, ResourcePattern resource, AclOperation operation) => resource.Type switch
    {
        ResourceType.Group => ("group", "access rules"),
        ResourceType.Topic => (
            resource.Name == job.Readings ? "topics.readings" : resource.Name == job.Commands ? "topics.commands" : resource.Name == job.State ? "topics.state"
            : resource.Name == job.Alerts ? "topics.alerts" : "topics.deadLetters", $"{operation} on {resource.Name}"),
        _ => ("group, instance (transactional id)", "access rules"),
    };

    private string[] As(string user) =>
    [
        $"kafka.bootstrap.servers={broker.Sasl}", "kafka.security.protocol=sasl_ssl", $"kafka.ssl.ca.location={broker.AuthorityFile}",
        "kafka.sasl.mechanism=SCRAM-SHA-512", $"kafka.sasl.username={user}", $"kafka.sasl.password={Password}",
    ];
}
