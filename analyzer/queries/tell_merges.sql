-- The sightings of each call that several of them tell, and what to take from which: every rank is
-- a number that is least for the sighting to take. `differs`: those with final counts disagree, or
-- all counts are final and only some tell the output.
create or replace {temp} table told_merges as
with told as (
    select
        g."group", g.rule, g.gap_us, g.row, r.key, r.connector, c.place,
        r.usage_final as final, r.output, r.time_meaning, r.time_precision, r.start_us,
        (coalesce(r.write_unsplit, 0) > 0 or r.usage_basis <> 'exclusive')::bigint as unsplit,
        coalesce(list_position({visible}, r.visibility), 10)::bigint as unseen,
        coalesce(r.uncached, 0) + coalesce(r.read, 0) + coalesce(r.write_5m, 0)
            + coalesce(r.write_1h, 0) + coalesce(r.write_unsplit, 0) as total
    from found_groups g
    join numbered n on n.row = g.row
    join requests r on r.rowid = n.place
    join connectors c on c.name = r.connector
), calls as (
    select
        "group", arg_min(key, (place << 32) | row) as call,
        min(total) filter (final) < max(total) filter (final)
        or min(output) filter (final) < max(output) filter (final)
        or bool_and(final) and min(output) is not null and bool_or(output is null) as differs
    from told group by "group"
)
select
    t.key, t.connector, c.call, t.rule, t.gap_us, coalesce(c.differs, false) as differs, t.place,
    t.row, t."group",
    (((not final)::bigint * 2 + unsplit) << 48) | name_rank as token_rank,
    (unseen << 48) | name_rank as prompt_rank,
    (((start_us is null or time_meaning <> 'start')::bigint * 2 + (time_precision = 's')::bigint) << 48)
        | name_rank as time_rank,
    name_rank
from (select *, (place << 32) | row as name_rank from told) t
join calls c using ("group")
