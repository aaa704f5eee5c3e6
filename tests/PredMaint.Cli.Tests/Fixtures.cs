using PredMaint.Testing;

[assembly: AssemblyFixture(typeof(KafkaFixture))]
[assembly: AssemblyFixture(typeof(PredMaint.Cli.Tests.Security.SecureBroker))]
