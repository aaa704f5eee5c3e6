using System.Text;
using Confluent.Kafka;

namespace PredMaint.Testing;

public static class Records
{
    /// <summary>The value as UTF-8.</summary>
    public static string Text(this ConsumeResult<string?, byte[]> record) => Encoding.UTF8.GetString(record.Message.Value);

    /// <summary>The last header of that name as UTF-8; null where it is absent.</summary>
    public static string? Header(this ConsumeResult<string?, byte[]> record, string name) =>
        record.Message.Headers.TryGetLastBytes(name, out var bytes) ? Encoding.UTF8.GetString(bytes) : null;
}
