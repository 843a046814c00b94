//! The dialect end to end, over a small event data store in memory.

use auditlake_model::{Error, ErrorKind};

use super::testing::{UUID, run, session};
use super::{Position, render_caret};

/// Checks the rows of each query, in order.
async fn check(cases: &[(&str, &[&str])]) {
    let state = session();
    for (sql, expect) in cases {
        match run(&state, sql).await {
            Ok(answer) => assert_eq!(answer.rows, *expect, "{sql}"),
            Err(error) => panic!("{sql}: {error:?}\n{}", render_caret(sql, &error)),
        }
    }
}

/// Checks the names of the columns of each query.
async fn check_names(cases: &[(&str, &[&str])]) {
    let state = session();
    for (sql, expect) in cases {
        match run(&state, sql).await {
            Ok(answer) => assert_eq!(answer.names, *expect, "{sql}"),
            Err(error) => panic!("{sql}: {error:?}\n{}", render_caret(sql, &error)),
        }
    }
}

async fn fails(sql: &str) -> Error {
    match run(&session(), sql).await {
        Ok(answer) => panic!("{sql}: {answer:?}"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn names_ignore_case() {
    check(&[
        ("SELECT EVENTNAME FROM TRAIL WHERE eventid = 'e1'", &["GetObject"]),
        ("SELECT \"EventName\" FROM \"Trail\" WHERE \"EVENTID\" = 'e1'", &["GetObject"]),
        ("SELECT useridentity.ARN FROM trail WHERE USERIDENTITY.Type = 'IAMUser'", &["arn:alice"]),
        ("SELECT T.UserIdentity.arn FROM trail AS t WHERE t.eventID = 'e1'", &["arn:alice"]),
        ("SELECT trail.userIdentity.userName FROM trail WHERE Trail.eventID = 'e1'", &["alice"]),
        (
            "SELECT userIdentity.sessioncontext.SESSIONISSUER.arn FROM trail WHERE eventID = 'e2'",
            &["arn:issuer"],
        ),
        (
            "SELECT resources[1].arn, resources[2].Arn FROM trail WHERE eventID = 'e1'",
            &["arn:logs|arn:logs/a"],
        ),
        ("SELECT ELEMENT_AT(RESOURCES, 1).TYPE FROM trail WHERE eventID = 'e1'", &["AWS::S3::Bucket"]),
        ("SELECT N FROM (SELECT eventName AS n FROM trail) WHERE n LIKE 'Get%'", &["GetObject"]),
        (
            "WITH Q AS (SELECT eventName AS X FROM trail) SELECT x FROM q WHERE X = 'GetObject'",
            &["GetObject"],
        ),
        (
            "SELECT a.eventName FROM trail a JOIN trail B USING (EventID) WHERE b.eventID = 'e1'",
            &["GetObject"],
        ),
        ("SELECT eventname FROM trail GROUP BY EVENTNAME ORDER BY EventName LIMIT 1", &["AssumeRole"]),
        ("SELECT row_number() OVER W FROM trail WINDOW w AS (ORDER BY eventID) ORDER BY 1 LIMIT 1", &["1"]),
    ])
    .await;
}

#[tokio::test]
async fn members_of_free_form_fields_heed_case() {
    check(&[
        (
            "SELECT requestParameters.key, REQUESTPARAMETERS.Key, requestParameters.KEY FROM trail WHERE eventID = 'e1'",
            &["a/b|upper|NULL"],
        ),
        ("SELECT requestParameters['key'] FROM trail WHERE eventID <> 'e2' ORDER BY eventID", &["a/b", "NULL"]),
        ("SELECT requestParameters.bucketName FROM trail ORDER BY eventID", &["logs", "{\"nested\":true}", "NULL"]),
        ("SELECT requestParameters.bucketName.nested FROM trail ORDER BY eventID", &["NULL", "true", "NULL"]),
        ("SELECT requestParameters.n FROM trail WHERE eventID = 'e1'", &["1.50"]),
        ("SELECT requestParameters.deep.items[1].key, t.requestParameters.deep.items[2].key FROM trail t LIMIT 1", &["k1|NULL"]),
        ("SELECT requestParameters.deep.items[3].key, requestParameters.deep.s FROM trail WHERE eventID = 'e1'", &["NULL|x="]),
        ("SELECT requestParameters.tags[2], element_at(requestParameters, 'tags')[1] FROM trail WHERE eventID = 'e2'", &["b|a"]),
        ("SELECT element_at(requestParameters, 'deep').s FROM trail WHERE eventID = 'e1'", &["x="]),
        ("SELECT x.bucketName FROM (SELECT requestParameters AS x FROM trail) WHERE x.bucketName = 'logs'", &["logs"]),
        ("SELECT count(*) FROM trail WHERE responseElements.x IS NULL", &["3"]),
    ])
    .await;
}

#[tokio::test]
async fn json_functions() {
    check(&[
        ("SELECT element_at(requestParameters, 'bucketName') FROM trail ORDER BY eventID", &["logs", "{\"nested\":true}", "NULL"]),
        ("SELECT json_extract(requestParameters, '$.deep.items[0].key') FROM trail WHERE eventID = 'e1'", &["\"k1\""]),
        ("SELECT json_extract_scalar(requestParameters, '$.deep.items[0].key') FROM trail WHERE eventID = 'e1'", &["k1"]),
        ("SELECT json_extract_scalar(requestParameters, '$.bucketName') FROM trail ORDER BY eventID", &["logs", "NULL", "NULL"]),
        ("SELECT json_extract(requestParameters, '$.deep').s FROM trail WHERE eventID = 'e1'", &["x="]),
        ("SELECT json_extract_scalar(element_at(requestParameters, 'deep'), '$.s') FROM trail WHERE eventID = 'e1'", &["x="]),
        ("SELECT json_extract('[1, 2]', '$[1]'), json_extract_scalar('x', '$.a'), json_extract(NULL, '$')", &["2|NULL|NULL"]),
        ("SELECT element_at(resources, -1).arn, element_at(resources, 9).arn FROM trail WHERE eventID = 'e1'", &["arn:logs/a|NULL"]),
        ("SELECT element_at(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), 'b'), element_at(MAP(ARRAY['a'], ARRAY[1]), 'x')", &["2|NULL"]),
        ("SELECT element_at(requestParameters, eventID) IS NULL FROM trail LIMIT 1", &["true"]),
    ])
    .await;
}

#[tokio::test]
async fn columns_are_named_as_typed() {
    check_names(&[
        ("SELECT EventName, t.EVENTID, USERIDENTITY.Arn FROM trail t", &["EventName", "EVENTID", "Arn"]),
        (
            "SELECT count(*), eventName, max(eventTime) AS LastSeen FROM trail GROUP BY 2",
            &["_col0", "eventName", "LastSeen"],
        ),
        (
            "SELECT userIdentity.arn, userIdentity.sessionContext.sessionIssuer.arn FROM trail",
            &["arn", "arn"],
        ),
        (
            "SELECT eventName, eventname, count(*), COUNT(*) FROM trail GROUP BY 1",
            &["eventName", "eventname", "_col2", "_col3"],
        ),
        ("SELECT eventName AS x, eventID AS X FROM trail", &["x", "X"]),
        (
            "SELECT element_at(resources, 1).ARN, requestParameters['key'], (eventID) FROM trail WHERE eventID = 'e1'",
            &["ARN", "_col1", "eventID"],
        ),
        ("SELECT requestParameters.bucketName FROM trail", &["bucketName"]),
        ("SELECT a.eventName, b.eventName FROM trail a, trail b", &["eventName", "eventName"]),
        (
            "SELECT * FROM (SELECT eventName AS EvName, count(*), userIdentity.ARN FROM trail GROUP BY 1, 3)",
            &["EvName", "_col1", "ARN"],
        ),
        (
            "SELECT 1, q.*, 2 AS two FROM (SELECT eventID AS a, eventName FROM trail) q",
            &["_col0", "a", "eventName", "two"],
        ),
        (
            "SELECT *, Eventid FROM (SELECT eventID, eventName FROM trail)",
            &["eventID", "eventName", "Eventid"],
        ),
        (
            "SELECT Eventid, * FROM (SELECT eventID, eventName FROM trail) t",
            &["Eventid", "eventID", "eventName"],
        ),
        ("SELECT eventID AS A FROM trail UNION ALL SELECT eventName FROM trail", &["A"]),
        ("VALUES (1, 'x')", &["_col0", "_col1"]),
        ("SELECT 1 AS \"Odd:1\", 'a'b", &["Odd:1", "b"]),
        ("WITH q(Id, N) AS (SELECT eventID, eventName FROM trail) SELECT * FROM q", &["Id", "N"]),
        ("EXPLAIN SELECT 1", &["plan_type", "plan"]),
    ])
    .await;
}

#[tokio::test]
async fn order_by_knows_output_names() {
    check(&[
        ("SELECT userIdentity.arn FROM trail ORDER BY arn DESC", &["arn:role", "arn:alice", "NULL"]),
        ("SELECT userIdentity.arn AS Who FROM trail ORDER BY WHO", &["arn:alice", "arn:role", "NULL"]),
        ("SELECT t.eventID FROM trail t ORDER BY t.eventID DESC LIMIT 1", &["e3"]),
        ("SELECT DISTINCT lower(eventName) FROM trail ORDER BY lower(eventName) LIMIT 1", &["assumerole"]),
        ("SELECT userIdentity.type, count(*) FROM trail GROUP BY userIdentity.type ORDER BY count(*), type LIMIT 1", &["AssumedRole|1"]),
        ("SELECT eventName, eventName FROM trail ORDER BY eventName LIMIT 1", &["AssumeRole|AssumeRole"]),
        ("SELECT *, 1 AS n FROM (SELECT eventID FROM trail) ORDER BY n, eventID FETCH FIRST 1 ROWS ONLY", &["e1|1"]),
    ])
    .await;
}

#[tokio::test]
async fn instants_compare_with_text() {
    for (form, rows) in [
        ("eventTime > '2024-01-01 10:00:00'", "2"),
        ("eventTime >= '2024-01-01 10:00:00.000'", "3"),
        ("eventTime > '2024-01-01 10:00:00.499'", "2"),
        ("eventTime > '2024-01-01T10:00:00Z'", "2"),
        ("eventTime > '2024-01-01T12:00:00+02:00'", "2"),
        ("eventTime >= '2024-01-02'", "1"),
        ("eventTime = '2024-01-02'", "1"),
        ("eventTime BETWEEN '2024-01-01T00:00:00Z' AND '2024-01-01T23:59:59Z'", "2"),
        ("eventTime IN ('2024-01-02 00:00:00', '2024-01-01 10:00:00')", "2"),
        ("eventTime > TIMESTAMP '2024-01-01 10:00:00'", "2"),
        ("eventTime >= DATE '2024-01-02'", "1"),
        ("date(eventTime) = DATE '2024-01-01'", "2"),
        ("eventTime > TIMESTAMP '2024-01-01 11:00:00' - INTERVAL '1' HOUR", "2"),
        ("'2024-01-01 10:00:00' < eventTime", "2"),
        ("userIdentity.sessionContext.attributes.creationDate < '2024-01-01 09:30:00'", "1"),
    ] {
        let sql = format!("SELECT count(*) FROM trail WHERE {form}");
        check(&[(sql.as_str(), &[rows])]).await;
    }
}

#[tokio::test]
async fn instants_reach_the_scan_as_typed_constants() {
    let state = session();
    for form in ["'2024-01-01 10:00:00'", "'2024-01-01T10:00:00Z'", "TIMESTAMP '2024-01-01 10:00:00'"] {
        let planned = super::plan(&state, &format!("SELECT eventID FROM trail WHERE eventTime > {form}"))
            .await
            .unwrap();
        let plan = state.optimize(&planned.plan).unwrap().display_indent().to_string();
        let constant = "trail.eventTime > TimestampMicrosecond(1704103200000000, Some(\"UTC\"))";
        assert!(plan.contains(constant), "{form}: {plan}");
    }
}

#[tokio::test]
async fn uuids_stand_bare() {
    check(&[
        (&format!("SELECT eventID FROM {UUID} WHERE eventID = 'e1'"), &["e1"]),
        (&format!("SELECT {UUID}.eventID FROM {} LIMIT 1", UUID.to_uppercase()), &["e1"]),
        (&format!("SELECT eventID FROM \"{UUID}\" WHERE eventID <> '{UUID}' LIMIT 1"), &["e1"]),
        ("SELECT count(*) FROM \"my-trail\", \"My.Store\"", &["9"]),
    ])
    .await;
}

#[tokio::test]
async fn words_of_trino() {
    check(&[
        ("SELECT if(eventID = 'e1', 'yes', 'no'), IF(eventID = 'e2', 1) FROM trail LIMIT 1", &["yes|NULL"]),
        ("SELECT count_if(eventID > 'e1'), count_if(readOnly) FILTER (WHERE eventID = 'e2') FROM trail", &["2|0"]),
        ("SELECT date(eventTime), count(*) FROM trail GROUP BY date(eventTime) ORDER BY 1 LIMIT 1", &["2024-01-01|2"]),
        ("SELECT eventID FROM trail ORDER BY errorCode DESC, eventID", &["e1", "e2", "e3"]),
        ("SELECT eventID FROM trail WHERE (eventID, eventName) IN (('e1', 'GetObject'))", &["e1"]),
        ("SELECT count(*) FROM trail WHERE eventID IN (SELECT eventID FROM trail WHERE userIdentity.type = 'Root')", &["1"]),
        ("SELECT t.eventID FROM trail t WHERE EXISTS (SELECT 1 FROM trail u WHERE u.userIdentity.arn = t.userIdentity.arn) ORDER BY 1", &["e1", "e2"]),
    ])
    .await;
}

#[tokio::test]
async fn tables_describe_themselves() {
    check(&[
        ("SHOW TABLES", &[UUID, "my-trail", "my.store", "trail"]),
        ("SHOW TABLES LIKE 'MY%'", &["my-trail", "my.store"]),
        ("SELECT table_name FROM information_schema.tables WHERE TABLE_NAME = 'trail'", &["trail"]),
    ])
    .await;
    let answer = run(&session(), "DESCRIBE Trail").await.unwrap();
    assert_eq!(answer.names, ["Column", "Type"]);
    assert_eq!(answer.rows[0], "eventVersion|varchar");
    assert!(answer.rows.contains(&"eventTime|timestamp".to_owned()));
    assert!(answer.rows.contains(&"requestParameters|map(varchar, varchar)".to_owned()));
    assert!(
        answer
            .rows
            .iter()
            .any(|row| row.starts_with("resources|array(row(accountId varchar, type varchar, ARN"))
    );
    assert_eq!(run(&session(), "SHOW COLUMNS FROM trail").await.unwrap().rows, answer.rows);
}

#[tokio::test]
async fn wrong_names_get_the_nearest_right_one_and_a_place() {
    for (sql, message, hint, place) in [
        ("SELECT evntName FROM trail", "no column `evntName`", "Did you mean `eventName`?", (1, 8)),
        (
            "SELECT 1 FROM trail WHERE\n  bucketName = 'x'",
            "no column `bucketName`",
            "Did you mean `requestParameters.bucketName`?",
            (2, 3),
        ),
        ("SELECT arn FROM trail", "no column `arn`", "Did you mean `userIdentity.arn`?", (1, 8)),
        (
            "SELECT userIdentity.acountId FROM trail",
            "has no member `acountId`",
            "Did you mean `accountId`?",
            (1, 21),
        ),
        ("SELECT 1, resources[0].arn FROM trail", "indices start at 1", "`trail.resources[1]`", (1, 21)),
        ("SELECT requestParameters.tags[0].x FROM trail", "positions start at 1", "`[1]`", (1, 31)),
        ("SELECT resources.arn FROM trail", "is an array", "as in `trail.resources[1].arn`", (1, 18)),
        ("SELECT eventName.x FROM trail", "is text and has no member `x`", "json_extract_scalar", (1, 18)),
        ("SELECT * FROM trial", "no event data store or table `trial`", "Did you mean `trail`?", (1, 15)),
        ("SELECT * FROM \"my-trial\"", "no event data store", "Did you mean `\"my-trail\"`?", (1, 15)),
        ("SELECT * FROM my.store", "no schema `my`", "Did you mean `\"my.store\"`?", (1, 15)),
        ("SELECT t.evntName FROM trail t", "no column `evntName`", "Did you mean `eventName`?", (1, 8)),
        ("SELECT x.eventName FROM trail t", "no column `x`", "", (1, 8)),
        ("SELECT 1, lowr(eventName) FROM trail", "no function `lowr`", "Did you mean `lower`?", (1, 11)),
        ("SELECT eventName FROM trail a, trail b", "more than one table", "", (1, 8)),
        ("DESCRIBE trial", "no event data store or table `trial`", "Did you mean `trail`?", (1, 10)),
    ] {
        let error = fails(sql).await;
        assert!(matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound), "{sql}: {error:?}");
        assert!(error.message().contains(message), "{sql}: {error:?}");
        assert!(error.hint().unwrap_or_default().contains(hint), "{sql}: {error:?}");
        let expect = Position { line: place.0, column: place.1 };
        assert_eq!(Position::of(&error), Some(expect), "{sql}: {error:?}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_it_runs() {
    for (sql, kind, message) in [
        ("SELECT json_extract(requestParameters, 'a') FROM trail", ErrorKind::Invalid, "JSON path"),
        ("SELECT requestParameters.tags[0] FROM trail", ErrorKind::Invalid, "positions start at 1"),
        ("SELECT element_at(resources, 0) FROM trail", ErrorKind::Invalid, "SQL array indices start at 1"),
        ("SELECT resources[0] FROM trail", ErrorKind::Invalid, "SQL array indices start at 1"),
        ("SELECT eventID FROM trail WHERE eventID = ?", ErrorKind::Invalid, "parameter `$1` has no value"),
        ("SELECT * FROM trail TABLESAMPLE (10 ROWS)", ErrorKind::Unsupported, "TABLESAMPLE"),
        ("SELECT * FROM trail TABLESAMPLE SYSTEM (1) REPEATABLE (7)", ErrorKind::Unsupported, "TABLESAMPLE"),
        ("SELECT * FROM read_csv('/etc/passwd')", ErrorKind::Invalid, "no table function"),
        ("SELECT * FROM '/etc/passwd'", ErrorKind::NotFound, "no event data store"),
        ("SELECT * FROM trail FOR UPDATE", ErrorKind::Unsupported, "FOR UPDATE"),
        ("SELECT @@version", ErrorKind::Invalid, "syntax error"),
    ] {
        let error = fails(sql).await;
        assert_eq!(error.kind(), kind, "{sql}: {error:?}");
        assert!(error.message().contains(message), "{sql}: {error:?}");
    }
}

#[tokio::test]
async fn statements_at_the_bounds_plan_on_a_small_stack() {
    let state = session();
    let chain = vec!["eventName = 'x'"; 490].join(" OR ");
    run(&state, &format!("SELECT count(*) FROM trail WHERE {chain}")).await.unwrap();
    let sum = vec!["1"; 490].join(" + ");
    assert_eq!(run(&state, &format!("SELECT {sum}")).await.unwrap().rows, ["490"]);
    let unions = vec!["SELECT 1"; 200].join(" UNION ALL ");
    run(&state, &unions).await.unwrap();
    let path = format!("SELECT requestParameters{} FROM trail LIMIT 1", ".a".repeat(50));
    run(&state, &path).await.unwrap();
}

#[tokio::test]
async fn subscripts_must_be_there() {
    check(&[
        ("SELECT requestParameters['bucketName'] FROM trail WHERE eventID = 'e1'", &["logs"]),
        ("SELECT requestParameters['deep']['s'], requestParameters['deep'].items[1]['key'] FROM trail WHERE eventID = 'e1'", &["x=|k1"]),
        ("SELECT requestParameters['deep']['missing'] FROM trail WHERE eventID = 'e1'", &["NULL"]),
        ("SELECT requestParameters['x'], requestParameters[CAST(NULL AS varchar)] FROM trail WHERE eventID = 'e3'", &["NULL|NULL"]),
        ("SELECT requestParameters[k] FROM trail CROSS JOIN (VALUES ('key')) AS t(k) WHERE eventID = 'e1'", &["a/b"]),
        ("SELECT resources[1][3], userIdentity['ARN'] FROM trail WHERE eventID = 'e1'", &["arn:logs|arn:alice"]),
        ("SELECT MAP(ARRAY['a', 'b'], ARRAY[1, 2])['b'], MAP(ARRAY['a'], ARRAY[1]).x", &["2|NULL"]),
    ])
    .await;
    for (sql, message) in [
        ("SELECT requestParameters['missing'] FROM trail", "Key not present in map: missing"),
        ("SELECT requestParameters['missing'].x FROM trail", "Key not present in map: missing"),
        ("SELECT requestParameters[eventID] FROM trail", "Key not present in map: e1"),
        (
            "SELECT resources[3].arn FROM trail",
            "Array subscript must be less than or equal to array length: 3 > 2",
        ),
        ("SELECT resources[-1] FROM trail", "Array subscript is negative: -1"),
        ("SELECT MAP(ARRAY['a'], ARRAY[1])['x']", "Key not present in map: x"),
        ("SELECT a[n] FROM (VALUES (ARRAY[1], 0)) AS t(a, n)", "SQL array indices start at 1"),
        (
            "SELECT eventID FROM trail WHERE requestParameters['missing'] IS NULL",
            "Key not present in map: missing",
        ),
    ] {
        let error = fails(sql).await;
        assert!(error.message().contains(message), "{sql}: {error:?}");
    }
}

#[tokio::test]
async fn what_may_fail_is_evaluated_for_rows_that_pass_the_rest() {
    check(&[
        ("SELECT eventID FROM trail WHERE eventName = 'GetObject' AND requestParameters['key'] = 'a/b'", &["e1"]),
        ("SELECT eventID FROM trail WHERE requestParameters['key'] = 'a/b'", &["e1"]),
        ("SELECT eventID FROM trail WHERE eventID = 'e1' AND requestParameters['key'] IS NOT NULL AND CAST(requestParameters['n'] AS double) > 1", &["e1"]),
        ("SELECT eventID FROM trail WHERE NOT (requestParameters['key'] = 'x') AND eventName = 'GetObject'", &["e1"]),
        ("SELECT eventID FROM (SELECT * FROM trail WHERE eventID = 'e1') WHERE resources[2].arn IS NOT NULL", &["e1"]),
        ("SELECT eventID, eventID = 'e1' AND requestParameters['key'] = 'a/b' FROM trail ORDER BY 1", &["e1|true", "e2|false", "e3|false"]),
        ("SELECT eventID, eventID <> 'e1' OR requestParameters['key'] = 'x' FROM trail ORDER BY 1", &["e1|false", "e2|true", "e3|true"]),
        ("SELECT eventID, CASE WHEN eventID = 'e1' AND requestParameters['key'] = 'a/b' THEN 1 ELSE 0 END FROM trail ORDER BY 1", &["e1|1", "e2|0", "e3|0"]),
        ("SELECT count(*) FILTER (WHERE eventID = 'e1' AND requestParameters['key'] = 'a/b') FROM trail", &["1"]),
        ("SELECT count(*) FROM trail a JOIN trail b ON a.eventID = b.eventID AND a.eventName = 'GetObject' AND b.resources[2].arn = 'arn:logs/a' AND a.eventID < b.resources[2].arn || b.eventID", &["0"]),
        ("SELECT x FROM (VALUES (0), (2)) AS t(x) WHERE x <> 0 AND 10 / x = 5", &["2"]),
        ("SELECT x FROM (VALUES ('a'), ('7')) AS t(x) WHERE x <> 'a' AND CAST(x AS bigint) = 7", &["7"]),
        ("SELECT eventName FROM trail GROUP BY eventName HAVING eventName = 'GetObject' AND 10 / (count(*) - 2) = -10", &["GetObject"]),
    ])
    .await;
}

#[tokio::test]
async fn arrows_read_json() {
    check(&[
        ("SELECT requestParameters -> 'key', requestParameters ->> 'key' FROM trail WHERE eventID = 'e1'", &["\"a/b\"|a/b"]),
        ("SELECT t.requestParameters -> 'deep' -> 'items' -> 0 ->> 'key' FROM trail t WHERE eventID = 'e1'", &["k1"]),
        ("SELECT eventID FROM trail WHERE requestParameters ->> 'bucketName' = 'logs' AND eventName LIKE 'Get%'", &["e1"]),
        ("SELECT lower(requestParameters ->> 'Key') || 'x' FROM trail WHERE eventID = 'e1'", &["upperx"]),
        ("SELECT json_parse('[1,{\"a\":2}]') -> 1 ->> 'a', '{\"a\":[3]}' -> 'a' ->> 0", &["2|3"]),
        ("SELECT requestParameters ->> 'missing' FROM trail WHERE eventID = 'e1'", &["NULL"]),
    ])
    .await;
}
