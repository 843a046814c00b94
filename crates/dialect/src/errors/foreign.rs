//! What other engines call a thing, and what to write here.
//!
//! A name stands here only if statements fail on it; where the engine has another engine's function with its meaning,
//! it may be called.

/// Names of functions, and what to write instead; `{}` becomes the name as typed.
const FUNCTIONS: &[(&[&str], &str)] = &[
    // Conditions.
    (&["isnull"], "Write `x IS NULL`, or `coalesce(x, other)` for a value instead of NULL."),
    (&["notnull", "isnotnull"], "Write `x IS NOT NULL`."),
    (&["zeroifnull", "zn"], "Write `coalesce(x, other)`."),
    (&["iff", "iif"], "Write `if(condition, a, b)`."),
    (&["choose", "elt"], "Write `CASE n WHEN 1 THEN a WHEN 2 THEN b END`."),
    (&["equal_null"], "Write `a IS NOT DISTINCT FROM b`."),
    (&["safe_divide"], "Write `a / nullif(b, 0)`."),
    // Types.
    (&["safe_cast", "try_to_number", "try_to_decimal"], "Write `TRY_CAST(x AS bigint)`."),
    (&["convert", "tostring", "to_string", "to_varchar", "str"], "Write `CAST(x AS varchar)`."),
    (
        &["toint", "toint32", "toint64", "tolong", "to_int", "int", "bigint", "to_number"],
        "Write `CAST(x AS bigint)`.",
    ),
    (&["todouble", "toreal", "to_double", "double", "float"], "Write `CAST(x AS double)`."),
    (&["tobool", "to_boolean", "boolean", "bool"], "Write `CAST(x AS boolean)`."),
    // Text.
    (&["len", "strlen", "string_size", "char_len"], "Write `length(x)`."),
    (&["mid", "substr_of"], "Write `substr(text, start, length)` or `split_part(text, delimiter, n)`."),
    (&["charindex", "locate", "indexof", "position_of", "find"], "Write `strpos(text, part)`."),
    (&["upcase", "toupper"], "Write `upper(x)`."),
    (&["downcase", "tolower"], "Write `lower(x)`."),
    (&["startswith", "has_prefix"], "Write `starts_with(text, start)`."),
    (&["endswith", "has_suffix"], "Write `text LIKE '%end'`."),
    (&["contains_substr", "str_contains", "has"], "Write `text LIKE '%part%'`, or `strpos(text, part) > 0`."),
    (&["split_string", "string_split", "str_split"], "Write `split(text, delimiter)`."),
    (&["concat_string", "strcat"], "Write `concat(a, b)` or `a || b`."),
    (&["format_string", "printf", "sprintf"], "Write `format('%s', x)`."),
    (
        &["regexp_contains", "regexp_matches", "rlike", "regexp", "match", "matches", "regex_match"],
        "Write `regexp_like(text, 'pattern')`.",
    ),
    (&["regexp_substr", "regex_extract", "parse_regex"], "Write `regexp_extract(text, 'pattern', group)`."),
    (&["regexp_extract_array", "regexp_find_all"], "Write `regexp_extract_all(text, 'pattern')`."),
    (&["editdist3", "edit_distance", "damerau_levenshtein"], "Write `levenshtein_distance(a, b)`."),
    // Times.
    (
        &[
            "bin",
            "time_bucket",
            "time_slice",
            "tumble",
            "date_bucket",
            "toStartOfInterval",
            "datetime_bucket",
        ],
        "Write `date_trunc('hour', eventTime)`; for five minutes `from_unixtime(floor(to_unixtime(eventTime) / 300) * 300)`.",
    ),
    (
        &["timestamp", "datetime", "to_datetime", "todatetime"],
        "Write `TIMESTAMP '2026-01-31 10:00:00'`, or compare with text: `eventTime > '2026-01-31T10:00:00Z'`.",
    ),
    (&["ago"], "Write `now() - INTERVAL '1' DAY`."),
    (
        &[
            "getdate",
            "sysdate",
            "getutcdate",
            "systimestamp",
            "current_datetime",
            "utc_timestamp",
            "sysdatetime",
        ],
        "Write `now()`.",
    ),
    (&["curdate"], "Write `current_date`."),
    (
        &["timestamp_sub", "date_sub", "datetime_sub", "subdate", "time_sub"],
        "Write `date_add('day', -n, eventTime)` or `eventTime - INTERVAL '1' DAY`.",
    ),
    (
        &[
            "timestamp_add",
            "dateadd",
            "datetime_add",
            "adddate",
            "time_add",
            "timestampadd",
            "add_days",
            "datetimeadd",
        ],
        "Write `date_add('day', n, eventTime)` or `eventTime + INTERVAL '1' DAY`.",
    ),
    (&["add_months", "months_add"], "Write `date_add('month', n, eventTime)`."),
    (
        &[
            "datediff",
            "timestamp_diff",
            "timestampdiff",
            "datetime_diff",
            "date_sub_days",
            "age",
            "months_between",
            "datesub",
        ],
        "Write `date_diff('day', earlier, later)`.",
    ),
    (
        &["strftime", "format_timestamp", "format_date", "formatdatetime", "time_format"],
        "Write `date_format(eventTime, '%Y-%m-%d %H:%i:%s')`.",
    ),
    (
        &[
            "strptime",
            "str_to_date",
            "parse_timestamp",
            "parse_date",
            "to_timestamp_ntz",
            "try_strptime",
            "parsedatetime",
        ],
        "Write `date_parse(text, '%Y-%m-%d %H:%i:%s')`, or `from_iso8601_timestamp(text)`.",
    ),
    (
        &[
            "unix_timestamp",
            "epoch",
            "unix_seconds",
            "unix_millis",
            "to_epoch",
            "epoch_ms",
            "tounixtimestamp",
            "date_to_unix",
        ],
        "Write `to_unixtime(eventTime)`.",
    ),
    (
        &[
            "from_timestamp",
            "timestamp_seconds",
            "timestamp_millis",
            "unixtime_to_datetime",
            "fromunixtimestamp",
            "make_timestamp_ms",
        ],
        "Write `from_unixtime(seconds)`.",
    ),
    (
        &[
            "timestamp_trunc",
            "datetime_trunc",
            "trunc_date",
            "startofday",
            "startofhour",
            "startofweek",
            "startofmonth",
        ],
        "Write `date_trunc('hour', eventTime)`.",
    ),
    (&["dayofweek", "weekday", "isodow"], "Write `day_of_week(eventTime)`, which is 1 on Monday."),
    (&["dayofyear"], "Write `day_of_year(eventTime)`."),
    (&["dayofmonth", "getday"], "Write `day(eventTime)`."),
    (&["weekofyear", "isoweek"], "Write `week(eventTime)`."),
    (&["dayname", "monthname"], "Write `date_format(eventTime, '%W')` for the day, `'%M'` for the month."),
    (
        &["convert_timezone", "to_utc_timestamp", "from_utc_timestamp", "convert_tz"],
        "Write `eventTime AT TIME ZONE 'Europe/Berlin'`.",
    ),
    // JSON.
    (
        &[
            "get_json_object",
            "json_extract_string",
            "json_extract_path_text",
            "jsonextractstring",
            "json_unquote",
        ],
        "Write `json_extract_scalar(json, '$.name')`.",
    ),
    (
        &["json_extract_path", "jsonextract", "get_path", "json_object_get"],
        "Write `json_extract(json, '$.name')`.",
    ),
    (
        &["parse_json", "try_parse_json", "from_json", "parsejson", "to_json_value"],
        "Write `json_parse(text)`.",
    ),
    (&["to_json", "to_json_string", "tojson", "json_serialize"], "Write `json_format(CAST(x AS json))`."),
    (&["json_length", "json_size_of"], "Write `json_array_length(json)`, or `json_size(json, '$.name')`."),
    (
        &["object_keys", "json_keys", "json_object_keys", "keys", "bag_keys"],
        "Write `map_keys(requestParameters)`.",
    ),
    (
        &["map_contains_key", "mapcontains", "json_contains_path"],
        "Write `contains(map_keys(requestParameters), 'name')`.",
    ),
    (&["map_extract_value", "mapvalue", "map_get"], "Write `element_at(map, key)`."),
    (&["struct_extract", "getfield", "getmember"], "Write a dot: `userIdentity.arn`."),
    (&["struct_pack", "object_construct"], "Write `CAST(ROW(a, b) AS ROW(x varchar, y bigint))`."),
    (&["try_element_at", "try_get"], "Write `element_at(map, key)`, which is NULL where there is none."),
    // Arrays.
    (&["contains_any", "in_array", "any_in"], "Write `contains(array, value)`."),
    (&["size", "array_size", "array_count", "length_of"], "Write `cardinality(array)`."),
    (&["list_apply", "array_apply"], "Write `transform(array, x -> value)`."),
    (
        &["list_aggregate", "list_reduce", "aggregate"],
        "Write `reduce(array, start, (state, x) -> state, state -> state)`, or UNNEST the array and aggregate.",
    ),
    (&["exists_in", "array_exists", "arrayexists", "list_any"], "Write `any_match(array, x -> condition)`."),
    (&["forall", "array_all", "arrayall"], "Write `all_match(array, x -> condition)`."),
    (
        &["explode", "explode_outer", "flatten_outer", "posexplode", "mv_expand", "mvexpand"],
        "Write `FROM trail CROSS JOIN UNNEST(resources) AS t(r)`.",
    ),
    (&["list_value", "array_construct", "arrayof"], "Write `ARRAY[a, b]`."),
    (&["array_offset", "array_at", "nth"], "Write `element_at(array, n)`, which counts from 1."),
    (
        &["array_intersection", "arrays_intersect"],
        "Write `array_intersect(a, b)`, or `arrays_overlap(a, b)` for whether they do.",
    ),
    (&["array_string", "implode", "list_to_string", "join"], "Write `array_join(array, ', ')`."),
    // Aggregates.
    (
        &[
            "approx_count_distinct",
            "hll",
            "ndv",
            "dcount",
            "count_distinct",
            "uniq",
            "cardinality_estimate",
            "hll_count_distinct",
        ],
        "Write `approx_distinct(x)`, or `count(DISTINCT x)`.",
    ),
    (&["countif", "count_where"], "Write `count_if(condition)`."),
    (&["sumif", "sum_if"], "Write `sum(x) FILTER (WHERE condition)`."),
    (&["avgif"], "Write `avg(x) FILTER (WHERE condition)`."),
    (
        &["group_concat", "wm_concat", "strcat_agg", "concat_agg"],
        "Write `listagg(x, ', ') WITHIN GROUP (ORDER BY x)`.",
    ),
    (&["collect_list", "make_list_agg", "list", "values_of", "grouparray"], "Write `array_agg(x)`."),
    (&["collect_set", "make_set", "groupuniqarray"], "Write `array_agg(DISTINCT x)`."),
    (
        &[
            "percentile",
            "percentile_approx",
            "quantile",
            "approx_quantile",
            "approx_quantiles",
            "percentile_disc",
        ],
        "Write `approx_percentile(x, 0.95)`.",
    ),
    (
        &["mode", "most_common", "topk", "top_k", "approx_top_count", "approx_top_k"],
        "Write `approx_most_frequent(n, x, 100)`, or GROUP BY x ORDER BY count(*) DESC LIMIT n.",
    ),
    (&["first", "earliest"], "Write `min_by(x, eventTime)`, or `arbitrary(x)` where any value will do."),
    (&["last", "latest"], "Write `max_by(x, eventTime)`."),
    (&["any", "take_any", "anylast", "some_value"], "Write `arbitrary(x)`."),
    (&["arg_max", "argmax", "arg_max_null"], "Write `max_by(x, y)`."),
    (&["arg_min", "argmin"], "Write `min_by(x, y)`."),
    (&["logical_or", "boolor_agg", "any_true"], "Write `bool_or(x)`."),
    (&["logical_and", "booland_agg", "all_true"], "Write `bool_and(x)`."),
    // Addresses, bytes, URLs.
    (
        &[
            "cidr_match",
            "contains_cidr",
            "ipv4_is_in_range",
            "ipv4_is_match",
            "cidrmatch",
            "isipv4inrange",
            "net_contains",
            "cidrsubnetcontains",
        ],
        "Write `contains('10.0.0.0/8', CAST(sourceIPAddress AS ipaddress))` or `ip_in(sourceIPAddress, '10.0.0.0/8')`.",
    ),
    (
        &["inet_aton", "ipv4_to_int", "parse_ip", "parse_ipv4"],
        "Write `ip_in(sourceIPAddress, '10.0.0.0/8')` to look for a network.",
    ),
    (&["ipv4_is_private", "isprivateip", "is_private"], "Write `is_private_ip(sourceIPAddress)`."),
    (&["hex"], "Write `to_hex(to_utf8(text))`."),
    (&["unhex"], "Write `from_utf8(from_hex(text))`."),
    (&["base64_encode", "base64"], "Write `to_base64(to_utf8(text))`."),
    (
        &["base64_decode", "unbase64", "base64_decode_string", "base64_decode_tostring"],
        "Write `from_utf8(from_base64(text))`.",
    ),
    (
        &["md5_hex", "sha", "sha1_hex", "sha2", "sha2_hex", "hash_sha256", "md5_string"],
        "Write `to_hex(sha256(to_utf8(text)))`.",
    ),
    (&["parse_url", "urlparse", "host", "net_host", "domain", "parseurl"], "Write `url_extract_host(url)`."),
    (&["urldecode", "url_unescape"], "Write `url_decode(text)`."),
    (&["urlencode", "url_escape"], "Write `url_encode(text)`."),
    (
        &["split_arn", "parse_arn", "arn_parse"],
        "Write `arn_account(arn)`, `arn_service(arn)` or `arn_resource(arn)`.",
    ),
    // The session and the system, of which statements know nothing.
    (
        &[
            "current_user",
            "user",
            "session_user",
            "current_role",
            "database",
            "current_database",
            "pg_sleep",
            "sleep",
            "benchmark",
        ],
        "Statements know only events. Who did what stands in `userIdentity`.",
    ),
];

/// Names of types, and what to write instead.
const TYPES: &[(&[&str], &str)] = &[
    (&["int64", "long", "int8", "bignumeric"], "bigint"),
    (&["int32", "mediumint"], "integer"),
    (&["float64", "double precision", "number", "float8"], "double"),
    (&["datetime", "timestamp_ntz", "timestamp_ltz", "timestamptz", "smalldatetime"], "timestamp"),
    (&["nvarchar", "string", "text", "clob", "varchar2", "nvarchar2"], "varchar"),
    (&["bytes", "blob", "bytea", "binary"], "varbinary"),
    (&["variant", "object", "jsonb", "super"], "json"),
    (&["bool"], "boolean"),
    (&["inet", "cidr"], "ipaddress"),
];

/// Words of a statement that the parser or the planner refuse, and what to write instead.
const CLAUSES: &[(&str, &str)] = &[
    ("LATERAL VIEW", "Write `FROM trail CROSS JOIN UNNEST(resources) AS t(r)`."),
    ("TOP", "Write `LIMIT n` at the end."),
    ("PIVOT", "Write one `count_if(eventName = 'a') AS a` for each column."),
    ("UNPIVOT", "Write UNION ALL of one SELECT for each column."),
    ("FLATTEN", "Write `FROM trail CROSS JOIN UNNEST(resources) AS t(r)`."),
    ("GLOB", "Write `x LIKE 'a%'`: `%` stands for any text, `_` for one character."),
    ("RLIKE", "Write `regexp_like(x, 'pattern')`."),
    ("REGEXP", "Write `regexp_like(x, 'pattern')`."),
    ("CONNECT BY", "Write a recursive WITH."),
    ("SORT BY", "Write ORDER BY."),
    ("CLUSTER BY", "Write ORDER BY."),
    ("DISTRIBUTE BY", "Leave it out: there is nothing to distribute."),
    ("PREWHERE", "Write WHERE."),
    ("SELECT INTO", "Statements only read; `auditlake sql --output FILE` writes a result."),
    ("FOR UPDATE", "Leave it out: statements only read."),
    ("FOR VERSION", "Leave it out: a statement reads the latest version of each store."),
    ("EXCLUDE", "Name the columns, or write `SELECT * EXCEPT (a, b)`."),
    (
        "MATCH_RECOGNIZE",
        "Write window functions: `lag(eventName) OVER (PARTITION BY .. ORDER BY eventTime)`.",
    ),
    ("SETTINGS", "Leave it out."),
    ("FORMAT", "Leave it out: the form of a result is chosen with `auditlake sql --format`."),
    ("&&", "Write AND."),
    (":", "Write a dot: `requestParameters.bucketName`."),
    ("|>", "Write SELECT .. FROM .. WHERE .., with subqueries for the steps."),
];

/// Returns what to write instead of a function of another engine.
pub(super) fn function(name: &str) -> Option<&'static str> {
    find(FUNCTIONS, name)
}

/// Returns the type of Trino that another engine's is.
pub(crate) fn data_type(name: &str) -> Option<&'static str> {
    find(TYPES, name)
}

/// Returns what to write instead of a clause.
pub(crate) fn clause(words: &str) -> Option<&'static str> {
    let begins = |clause: &str| {
        words.get(..clause.len()).is_some_and(|start| start.eq_ignore_ascii_case(clause))
            || words.split_whitespace().any(|word| word.eq_ignore_ascii_case(clause))
    };
    CLAUSES.iter().find(|(clause, _)| begins(clause)).map(|(_, hint)| *hint)
}

fn find(table: &[(&[&str], &'static str)], name: &str) -> Option<&'static str> {
    let has_name = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    table.iter().find(|(names, _)| has_name(names)).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_name_stands_once() {
        for table in [FUNCTIONS, TYPES] {
            let mut seen = HashSet::new();
            for name in table.iter().flat_map(|(names, _)| *names) {
                assert!(seen.insert(name.to_lowercase()), "{name}");
            }
        }
    }

    #[test]
    fn names_are_of_no_function() {
        let state = crate::testing::empty_session();
        let is_known = |name: &str| {
            state.scalar_functions().contains_key(name)
                || state.higher_order_functions().contains_key(name)
                || state.aggregate_functions().contains_key(name)
                || state.window_functions().contains_key(name)
        };
        let names = FUNCTIONS.iter().flat_map(|(names, _)| *names);
        let known: Vec<&&str> = names.filter(|name| is_known(&name.to_lowercase())).collect();
        assert!(known.is_empty(), "these may be called, so nobody reads what to write instead: {known:?}");
    }

    #[test]
    fn hints_are_whole_sentences() {
        for (_, hint) in FUNCTIONS {
            assert!(hint.ends_with('.'), "{hint}");
        }
        assert!(CLAUSES.iter().all(|(_, hint)| hint.ends_with('.')));
    }

    #[test]
    fn hints_name_functions_that_are_there() {
        let functions = auditlake_functions::list_functions(&crate::testing::empty_session());
        let known: HashSet<String> = functions.into_iter().map(|function| function.name).collect();
        let hints = FUNCTIONS.iter().map(|(_, hint)| *hint).chain(CLAUSES.iter().map(|(_, hint)| *hint));
        let mut missing = Vec::new();
        for hint in hints {
            // Code stands between backticks; a name in lower case before a parenthesis is called.
            for code in hint.split('`').skip(1).step_by(2) {
                let calls = code.split('(').map(|part| {
                    part.rsplit(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
                });
                let names: Vec<&str> = calls.filter_map(|mut words| words.next()).collect();
                let called = names.iter().take(names.len().saturating_sub(1));
                missing.extend(called.filter(|name| !name.is_empty() && !known.contains(**name)));
            }
        }
        missing.retain(|name| !["t"].contains(name));
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn names_and_clauses_ignore_case() {
        assert!(function("DateDiff").is_some_and(|hint| hint.contains("date_diff")));
        assert_eq!(data_type("INT64"), Some("bigint"));
        assert!(clause("events pivot").is_some());
        assert_eq!(clause("nothing"), None);
    }
}
