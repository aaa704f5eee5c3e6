using PredMaint.Testing;

[assembly: AssemblyFixture(typeof(KafkaFixture))]
