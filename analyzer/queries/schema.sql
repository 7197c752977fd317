create table meta (name varchar, value varchar);
create table sources (
    source_id varchar, connector varchar, path varchar, sha256 varchar, file_bytes bigint,
    missing bigint, usage_like bigint, lines bigint, call_lines bigint, calls bigint
);
create table reasons (source_id varchar, kind varchar, reason varchar, lines bigint);
create table rejects (source_id varchar, line bigint, kind varchar, reason varchar, detail varchar);
create table attempts (
    source_id varchar, line bigint, status integer, error varchar, start_us bigint, end_us bigint,
    request_id varchar, model varchar, attempt integer
);
create table nodes (
    number bigint, node blob, parent blob, position integer, section varchar, chars bigint, produced_by varchar
);
create table requests (
    key varchar, source_id varchar, connector varchar, line bigint, lines bigint, has_stop boolean,
    line_time_us bigint, line_sha256 blob,
    message_id varchar, request_id varchar, batch_id varchar, custom_id varchar, gateway_id varchar,
    platform varchar, model varchar, model_requested varchar,
    start_us bigint, first_us bigint, end_us bigint, time_precision varchar, time_meaning varchar,
    stream boolean, max_tokens bigint, effort varchar, tool_choice varchar,
    tier varchar, speed varchar, geo varchar,
    uncached bigint, read bigint, write_5m bigint, write_1h bigint, write_unsplit bigint,
    output bigint, thinking bigint, web_searches bigint,
    iterations struct(
        kind varchar, model varchar, uncached bigint, read bigint, write_5m bigint,
        write_1h bigint, write_unsplit bigint, output bigint
    )[],
    usage_final boolean, flags varchar[], charged boolean, stop_reason varchar, attempt integer,
    org varchar, workspace varchar, api_key varchar, user_id varchar, session varchar,
    agent varchar, app varchar, workload varchar, tags varchar,
    compaction boolean, resume boolean,
    visibility varchar, leaf blob, system_end blob, mark_nodes blob[], mark_ttl_s integer[],
    system_params blob, message_params blob, cost_logged_usd varchar,
    usage_basis varchar, sampling double, turn varchar,
    cache_miss_reason varchar, cache_missed_tokens bigint,
    accepted_prediction bigint, rejected_prediction bigint
);
create table usage_rows (
    source_id varchar, start_us bigint, end_us bigint, model varchar, tier varchar, speed varchar, geo varchar,
    context_window varchar, workspace varchar, api_key varchar, actor varchar, requests bigint,
    uncached bigint, read bigint, write_5m bigint, write_1h bigint, write_unsplit bigint, output bigint,
    web_searches bigint
);
create table cost_rows (
    source_id varchar, start_us bigint, end_us bigint, model varchar, tier varchar, speed varchar, geo varchar,
    context_window varchar, workspace varchar, api_key varchar, kind varchar, token_type varchar,
    charged_pico hugeint, list_pico hugeint, quantity bigint, currency varchar, invoice varchar, correction boolean
);
create table cursors (place varchar, cursor varchar);
