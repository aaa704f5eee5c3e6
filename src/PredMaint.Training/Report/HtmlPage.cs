using System.Globalization;
using System.Net;
using System.Text;

namespace PredMaint.Training.Report;

/// <summary>A page with its pictures inside, nothing else needed.</summary>
internal sealed class HtmlPage
{
    private readonly StringBuilder page = new();

    public HtmlPage(string title) => Add($$"""
        <!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{Text(title)}}</title><style>
        body{font:15px/1.5 system-ui,sans-serif;max-width:1340px;margin:2em auto;padding:0 1em}
        table{border-collapse:collapse;margin:1em 0}td,th{border-bottom:1px solid #ccc;padding:.3em .8em;text-align:right}
        td:first-child,th:first-child{text-align:left;white-space:nowrap}img{max-width:49%}code{word-break:break-all}
        </style></head><body><h1>{{Text(title)}}</h1>

        """);

    /// <summary>HTML.</summary>
    public void Add(FormattableString html) => page.Append(html.ToString(CultureInfo.InvariantCulture));

    /// <summary>Names and what belongs to them.</summary>
    public void Table(IEnumerable<(string Name, string Value)> rows)
    {
        Add($"<table>");
        foreach (var (name, value) in rows) Add($"<tr><td>{Text(name)}<td style=\"text-align:left\">{Text(value)}</tr>");
        Add($"</table>");
    }

    public void Image(byte[] png, string title) => Add($"<img alt=\"{Text(title)}\" title=\"{Text(title)}\" src=\"data:image/png;base64,{Convert.ToBase64String(png)}\">\n");

    public override string ToString() => page + "</body></html>\n";

    /// <summary>As it may stand in HTML.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);
}
