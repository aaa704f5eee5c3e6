using System.Security.Cryptography;
using System.Text;
using PredMaint.Core.Alerts;

namespace PredMaint.Core.Tests.Alerts;

public class AlertIdsTests
{
    private const string Namespace = "b5b0c1de-3f3c-5d0f-9a52-6d0f6d5e5c01";

    [Fact]
    public void The_reference_of_these_tests_gives_the_vector_of_RFC_9562() =>
        Assert.Equal("2ed6657d-e927-568b-95e1-2665a8aea6a2", Version5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"));

    [Theory]
    [InlineData("")]
    [InlineData("machine-000001|failure|turbofan-failure@3|1768678400125000")]
    [InlineData("Förderband 😀|anomaly|x@1|-1")]
    public void Ids_are_UUIDs_of_version_5_in_the_products_namespace(string name) =>
        Assert.Equal(Version5(Namespace, name), AlertIds.Version5(name).ToString());

    [Fact]
    public void An_alerts_id_hangs_on_machine_kind_model_and_onset_alone()
    {
        var alert = AlertJsonTests.Example;
        Assert.Equal(Version5(Namespace, "machine-000001|anomaly|pumps@2|1768678400125000"), alert.AlertId.ToString());
        Assert.Equal(alert.AlertId, (alert with { TimeUs = 9, Change = AlertChange.Cleared, Severity = Severity.Critical, Score = 0, Offset = 9, Partition = 1, Topic = "t", Reason = "reset" }).AlertId);
        Assert.Equal(5, new[] { alert, alert with { MachineId = "m" }, alert with { Model = alert.Model with { Kind = "failure" } }, alert with { Model = alert.Model with { Version = "3" } }, alert with { OnsetUs = 1 } }.DistinctBy(a => a.AlertId).Count());
    }

    [Fact]
    public void An_events_id_hangs_on_the_alert_the_type_and_the_time()
    {
        var alert = AlertJsonTests.Example;
        Assert.Equal(Version5(Namespace, "machine-000001|anomaly|pumps@2|1768678400125000|predmaint.alert.raised|1768678401125000"), alert.Id.ToString());
        Assert.Equal(3, new[] { alert, alert with { Change = AlertChange.Cleared }, alert with { TimeUs = 1 }, alert with { Score = 3 } }.DistinctBy(a => a.Id).Count());
    }

    /// <summary>RFC 9562, 5.5, with texts instead of bytes.</summary>
    private static string Version5(string space, string name)
    {
#pragma warning disable CA5350 // RFC 9562 fixes SHA-1 for version 5.
        var hex = Convert.ToHexStringLower(SHA1.HashData([.. Convert.FromHexString(space.Replace("-", "", StringComparison.Ordinal)), .. Encoding.UTF8.GetBytes(name)]));
#pragma warning restore CA5350
        var variant = "89ab"[Convert.ToInt32(hex[16..17], 16) % 4];
        return $"{hex[..8]}-{hex[8..12]}-5{hex[13..16]}-{variant}{hex[17..20]}-{hex[20..32]}";
    }
}
