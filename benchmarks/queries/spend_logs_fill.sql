-- Invented rows of real shape, about 1 kB each, a quarter of a second apart; every 50th is a failure,
-- every 97th was answered by the gateway's cache, every 20th went to another vendor's model.
insert into "LiteLLM_SpendLogs" (
    request_id, call_type, api_key, spend, total_tokens, prompt_tokens, completion_tokens, "startTime",
    "endTime", request_duration_ms, "completionStartTime", model, model_group, custom_llm_provider,
    api_base, "user", metadata, cache_hit, cache_key, request_tags, team_id, organization_id, end_user,
    session_id, status, litellm_call_id
)
select
    case when mod(i, 3) = 0 then 'chatcmpl-' || md5(i::text) else 'msg_01' || md5(i::text) end,
    case when mod(i, 3) = 0 then 'acompletion' else 'anthropic_messages' end,
    repeat(md5((mod(i, 40))::text), 2), 0.000003 * uncached + 0.0000003 * read + 0.000015 * output,
    prompt + output, prompt, output, started, started + interval '1 ms' * (900 + mod(i, 4000)),
    900 + mod(i, 4000), started + interval '1 ms' * (400 + mod(i, 300)), model, 'house-model',
    case when mod(i, 20) = 7 then 'openai' else 'anthropic' end, 'https://api.anthropic.com/v1/messages',
    'user-' || mod(i, 300),
    jsonb_build_object(
        'status', status, 'user_api_key', repeat(md5((mod(i, 40))::text), 2), 'user_api_key_alias', null,
        'user_api_key_team_id', 'team-' || mod(i, 12), 'user_api_key_user_id', 'user-' || mod(i, 300),
        'litellm_call_id', md5('call' || i), 'attempted_retries', null, 'applied_guardrails', '[]'::jsonb,
        'error_information', case when status = 'failure' then
            '{"error_code": "429", "error_class": "RateLimitError"}'::jsonb end,
        'usage_object', case when status = 'failure' then '{}'::jsonb else jsonb_build_object(
            'prompt_tokens', prompt, 'completion_tokens', output, 'total_tokens', prompt + output,
            'prompt_tokens_details', jsonb_build_object(
                'cached_tokens', read, 'cache_creation_tokens', written, 'text_tokens', uncached,
                'cache_creation_token_details', jsonb_build_object(
                    'ephemeral_5m_input_tokens', written, 'ephemeral_1h_input_tokens', 0)),
            'completion_tokens_details', '{"reasoning_tokens": 0, "text_tokens": null}'::jsonb,
            'cache_read_input_tokens', read, 'cache_creation_input_tokens', written,
            'service_tier', 'standard', 'speed', 'standard', 'inference_geo', 'us') end,
        'cost_breakdown', jsonb_build_object('input_cost', 0.01, 'output_cost', 0.02, 'total_cost', 0.03)),
    case when mod(i, 97) = 5 then 'True' else 'None' end, 'Cache OFF',
    jsonb_build_array('team:t' || mod(i, 12), 'User-Agent: claude-cli', 'User-Agent: claude-cli/2.1.92'),
    'team-' || mod(i, 12), '', 'customer-' || mod(i, 900), 'session-' || i / 40, status, md5('call' || i)
from (
    select
        i, timestamp '2026-09-01' + interval '250 ms' * i as started,
        case when mod(i, 50) = 3 then 'failure' else 'success' end as status,
        case when mod(i, 20) = 7 then 'gpt-5' when mod(i, 4) = 0 then 'claude-haiku-4-5-20251001'
            else 'claude-sonnet-5-5' end as model,
        case when mod(i, 50) = 3 then 0 else 20 + mod(i, 700) end as uncached,
        case when mod(i, 50) = 3 then 0 else (mod(i, 5)) * 3000 end as read,
        case when mod(i, 50) = 3 then 0 else (mod(i, 7)) * 200 end as written,
        case when mod(i, 50) = 3 then 0 else 30 + mod(i, 500) end as output
    from generate_series(%(first)s::bigint, %(last)s::bigint) as i
) as drawn, lateral (select uncached + read + written as prompt) as summed
