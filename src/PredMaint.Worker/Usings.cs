// What nearly every file of this room speaks of.
global using Confluent.Kafka;
global using Microsoft.Extensions.Logging;
