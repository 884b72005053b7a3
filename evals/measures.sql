-- The measures again, in plain SQL, written from their definitions and sharing no code with src/tidegate/measure.
-- Runs on DuckDB over five views that the caller makes: tickets, messages and events by the column contracts, each with
-- `place`, the row's position in its file; targets (level, respond, next, resolve); params (as_of, start, stop,
-- window_days). All time is around the clock. The result is the table `result`.
-- Their column `at` is called `moment`, because `at` is a keyword here.
-- Six regular expressions are variables that the caller sets: two lists of phrases would only test each other's typing.

create or replace temp macro minutes(a, b) as (epoch_us(b) - epoch_us(a)) / 60e6;
create or replace temp macro urgent(level) as level in ('P0', 'P1');
create or replace temp macro ended(status) as status in ('solved', 'closed');

-- 1. Repair.
create or replace temp table t as
select ticket_id, place, created_at, requester_id, assignee, level, status, similar_to, csat, handling_minutes, escalated,
       reopens, transfers, nature,
       case when solved_at between created_at and as_of then solved_at end as solved_at,
       case when closed_at between created_at and as_of then closed_at end as closed_at,
       case when first_response_at <= as_of then first_response_at end as first_response_at
from tickets, params
where created_at <= as_of
qualify row_number() over (partition by ticket_id order by place) = 1;

create or replace temp table e as
select ticket_id, moment, kind, actor, any_value(actor_kind order by place) as actor_kind, old, new, min(place) as place
from (select e.*, t.created_at from events e join t using (ticket_id)), params
where moment >= created_at and moment <= as_of
group by ticket_id, moment, kind, actor, old, new;

create or replace temp table m as
select ticket_id, moment, author, author_kind, body, min(place) as place, min(moment < created_at) as early,
       author_kind <> 'requester' and (author is null or requester_id is null or author <> requester_id) as ours,
       author_kind in ('agent', 'other') as person, created_at
from (select m.*, t.created_at, t.requester_id from messages m join t using (ticket_id)), params
where public and moment <= as_of
group by ticket_id, moment, author, author_kind, body, requester_id, created_at;

-- 2. Statuses.
create or replace temp table s as
with said as (
    select ticket_id, moment, place, actor, kind,
           case kind when 'created' then 'new' when 'reopened' then 'open' when 'merged' then 'closed'
                     when 'waiting_customer' then 'waiting' when 'waiting_internal' then 'hold' when 'status' then new end as status
    from e where kind in ('created', 'status', 'reopened', 'merged', 'waiting_customer', 'waiting_internal')
), known as (
    select * from said where status in ('new', 'open', 'waiting', 'hold', 'solved', 'closed')
), beside as (
    select *, lag(status) over w as before, lag(moment) over w as since from known window w as (partition by ticket_id order by moment, place)
), judged as (
    select *, coalesce(ended(before), false) and not ended(status)
              or (kind = 'reopened' and not coalesce(ended(before), false) and coalesce(since <> moment, true)) as reopened
    from beside
)
select ticket_id, moment, place, actor, status, reopened,
       lead(moment) over w as next,
       ended(status) and not coalesce(ended(lag(status) over w), false) as begins
from judged where before is null or before <> status or reopened
window w as (partition by ticket_id order by moment, place);

create or replace temp table per_status as
select ticket_id, max_by(status, (moment, place)) as status,
       max_by(status, (moment, place)) filter (moment < stop) as status_then,
       max(moment) filter (begins) as last_begin, min(moment) filter (begins) as first_solved_at,
       max_by(actor, (moment, place)) filter (begins) as last_solver,
       count(*) filter (reopened) as reopens, min(moment) filter (reopened) as first_reopened_at,
       coalesce(sum(minutes(moment, coalesce(next, as_of))) filter (status = 'waiting'), 0) as waiting_customer,
       coalesce(sum(minutes(moment, coalesce(next, as_of))) filter (status = 'hold'), 0) as waiting_internal
from s, params group by ticket_id;

create or replace temp table per_log as
select ticket_id,
       count(distinct moment) filter (kind = 'transferred' or (kind = 'assigned' and old is not null and old is distinct from new)) as transfers,
       min(moment) filter (kind = 'escalated' and actor_kind <> 'requester') as by_us,
       min(moment) filter (kind = 'escalated' and actor_kind = 'requester') as by_requester,
       max_by(score, (moment, place)) as csat, min(moment) filter (score < 0.5) as unhappy_at,
       min_by(old, (moment, place)) filter (kind = 'override') as rated,
       max_by(new, (moment, place)) filter (kind = 'override') as corrected
from (select *, case when kind = 'csat' and try_cast(new as double) between 0 and 1 then try_cast(new as double) end as score from e)
group by ticket_id;

-- 3. Conversation. A bot or the system answers nothing, but counts as somebody other than the requester.
create or replace temp table per_talk as
select ticket_id, min(moment) filter (ours) as answered_at, bool_or(early) filter (ours) as early,
       min(moment) filter (ours and person) as human_at, count(*) filter (ours and person) as answers
from m group by ticket_id;

create or replace temp table says as
with read as (
    select ticket_id, moment, coalesce(length(body), 0) as size, lower(left(coalesce(body, ''), 501)) as text
    from m where ours and person
), cut as (
    select ticket_id, moment, size, text, case when size <= 500 then regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(text, getvariable('quoted'), '', 'g'), getvariable('closing'), ' ', 'g'), getvariable('greeting'), ' ', 'g'),
                             getvariable('acknowledges'), ' ', 'g'), getvariable('courteous'), ' ', 'g') end as rest
    from read
)
select ticket_id, min(moment) as meaningful_at from cut
where not regexp_matches(text, getvariable('automatic'))
  and (size > 500 or len(regexp_extract_all(rest, '[\p{L}\p{N}]{2,}')) >= 4 or regexp_matches(rest, '\?|https?://'))
group by ticket_id;

create or replace temp table runs as
with talk as (
    select *, lag(ours) over w as ours_before, lag(moment) over w as at_before from m where not ours or person
    window w as (partition by ticket_id order by moment, place)
)
select ticket_id, moment, place, ours, ours_before, lead(moment) over (partition by ticket_id order by moment, place) as next
from talk where ours_before is null or ours_before <> ours;

create or replace temp table chases as
select ticket_id, min(moment) as chased_at
from (select *, lag(ours) over w as ours_before, lag(moment) over w as at_before from m where not ours or person
      window w as (partition by ticket_id order by moment, place))
where not ours and not ours_before and minutes(at_before, moment) >= 60 group by ticket_id;

create or replace temp table per_runs as
select ticket_id, count(*) filter (not ours and ours_before is not null) as returns from runs group by ticket_id;

-- 4. One row a ticket.
create or replace temp table f as
with has as (
    select (select count(*) > 0 from m) as talks, (select count(*) > 0 from e) as logs,
           (select count(*) > 0 from m) or (select count(first_response_at) > 0 from t) as responds,
           (select count(*) > 0 from e where kind = 'override') as overrides,
           (select count(body) > 0 from m) as texts
), settled as (
    select t.ticket_id, t.place, t.created_at, t.requester_id, t.similar_to, t.level, t.handling_minutes, t.nature,
           p.as_of, p.start, p.stop, p.window_days, has.*,
           coalesce(s.status, t.status) as status, s.status_then, s.ticket_id is not null as logged,
           case when s.first_solved_at is not null then case when ended(s.status) then s.last_begin end
                else coalesce(t.solved_at, t.closed_at) end as solved_at,
           s.first_solved_at as first_logged, s.first_reopened_at,
           case when s.ticket_id is not null then s.reopens else t.reopens end as reopens,
           case when l.ticket_id is not null then l.transfers else t.transfers end as transfers,
           s.waiting_customer, s.waiting_internal,
           coalesce(l.csat, t.csat) as csat,
           case when ended(s.status) then coalesce(s.last_solver, t.assignee) else t.assignee end as solver,
           case when k.ticket_id is not null then k.answered_at else t.first_response_at end as answered_at,
           k.ticket_id is not null as talked, k.human_at, y.meaningful_at, coalesce(k.early, false) as early_talk,
           case when talks then coalesce(k.answers, 0) end as answers,
           case when talks then coalesce(r.returns, 0) end as returns,
           l.by_us, least(l.by_us, l.by_requester) as escalated_at,
           least(l.by_requester, l.unhappy_at, c.chased_at) as complained_at,
           case when logs then l.by_us is not null or l.by_requester is not null or coalesce(t.escalated, false)
                else t.escalated end as escalated,
           l.rated, l.corrected, g.respond, g.next as next_target, g.resolve
    from t cross join has cross join params p
    left join per_status s using (ticket_id) left join per_log l using (ticket_id) left join per_talk k using (ticket_id)
    left join per_runs r using (ticket_id) left join chases c using (ticket_id) left join says y using (ticket_id)
    left join targets g on g.level = t.level
), timed as (
    select *, coalesce(first_logged, solved_at) as first_solved_at,
           early_talk or coalesce(answered_at < created_at, false) as early,
           minutes(created_at, as_of) as age, minutes(created_at, solved_at) as resolution
    from settled
), clocked as (
    select *,
           case when responds then answered_at is not null end as answered,
           case when not early then minutes(created_at, answered_at) end as first_response,
           case when not early then minutes(created_at, human_at) end as human,
           case when not early and texts then minutes(created_at, meaningful_at) end as meaningful,
           greatest(resolution - coalesce(waiting_customer, 0), 0) as working
    from timed
), promised as (
    select *, case when talked then human else first_response end as promised from clocked
), met as (
    select *,
           case when not responds then null when human_at is not null or promised is not null then promised <= respond
                when age > respond then false end as first_met,
           case when solved_at is not null then working <= resolve
                when age - coalesce(waiting_customer, 0) > resolve then false end as resolution_met
    from promised
)
select *,
       case when first_met then promised > 0.9 * respond when first_met is not null then false end as near,
       case when first_met is not null or resolution_met is not null
            then coalesce(not first_met, false) or coalesce(not resolution_met, false) end as missed,
       urgent(level) or coalesce(escalated, false) or coalesce(reopens > 0, false) as high_risk,
       case when first_solved_at is null or minutes(first_solved_at, as_of) < 7 * 1440 then null
            when first_reopened_at is not null then minutes(first_solved_at, first_reopened_at) <= 7 * 1440
            else reopens > 0 end as reopened,
       case when solved_at is not null and answers is not null
            then answers <= 1 and returns = 0 and coalesce(reopens, 0) = 0 end as first_contact,
       case when escalated_at is not null then by_us is not null and (complained_at is null or by_us < complained_at) end as caught,
       case when overrides and urgent(coalesce(rated, level)) then not urgent(coalesce(corrected, level)) end as false_high,
       case when overrides and not urgent(coalesce(rated, level)) then urgent(coalesce(corrected, level)) end as false_low,
       created_at >= start and created_at < stop as opened_in,
       coalesce(solved_at >= start and solved_at < stop, false) as solved_in,
       created_at < stop and case when stop > as_of then not ended(status)
                                  when logged then not coalesce(ended(status_then), false)
                                  else coalesce(solved_at >= stop, not ended(status)) end as open_then,
       lead(created_at) over (partition by requester_id order by created_at, place) as next_at,
       lead(created_at) over (partition by requester_id, similar_to order by created_at, place) as next_same_at
from met;

create or replace temp table g as
select f.*,
       case when f.requester_id is not null and minutes(f.created_at, as_of) >= window_days * 1440
            then coalesce(minutes(f.created_at, next_at) <= window_days * 1440, false) end as recontact,
       case when f.requester_id is not null and similar_to is not null and minutes(f.created_at, as_of) >= window_days * 1440
            then coalesce(minutes(f.created_at, next_same_at) <= window_days * 1440, false) end as recontact_same,
       case when f.requester_id is not null and solved_at is not null and minutes(solved_at, as_of) >= window_days * 1440
            then coalesce(minutes(solved_at, n.following) <= window_days * 1440, false) end as recontact_solved
from f asof left join (select requester_id, created_at as following from f) n
  on f.requester_id = n.requester_id and f.solved_at < n.following;

create or replace temp table waits as
select r.ticket_id, f.level, minutes(r.moment, r.next) as waited,
       case when r.next is not null then minutes(r.moment, r.next) <= f.next_target
            when minutes(r.moment, f.as_of) > f.next_target then false end as met
from runs r join f using (ticket_id)
where not r.ours and r.ours_before is not null and r.moment >= f.start and r.moment < f.stop;

create or replace temp table weeks as
select solver, date_trunc('week', solved_at) as week, count(*) as solved from f where solved_in and solver is not null group by all;

create or replace temp table drain as
with agents as (
    select solver, count(*) / count(distinct solved_at::date) as pace from f where solved_in and solver is not null group by solver
), one as (
    select (select sum(pace) from agents) as capacity,
           (select count(*) from f where opened_in) / (select nullif(count(distinct solved_at::date), 0) from f where solved_in) as inflow,
           (select count(*) from f where open_then) as backlog, (select count(*) from f where solved_in) as solved,
           (select count(*) from f where opened_in) as opened
)
select * from one;

-- 5. The figures. Bounds: Wilson for shares, order statistics for quantiles; those of the bootstrap are not made here.
create or replace temp macro wilson(k, n, sign) as
    least(greatest((k / n + 3.841458820694124 / (2 * n)
     + sign * 1.959963984540054 * sqrt(k / n * (1 - k / n) / n + 3.841458820694124 / (4 * n * n))) / (1 + 3.841458820694124 / n), 0), 1);
create or replace temp macro ranked(xs, q, sign) as
    xs[least(greatest(case when sign < 0 then floor(len(xs) * q - 1.959963984540054 * sqrt(len(xs) * q * (1 - q)))
                           else ceil(len(xs) * q + 1.959963984540054 * sqrt(len(xs) * q * (1 - q))) + 1 end, 1), len(xs))::bigint];

create or replace temp table shares as
select * from (
    unpivot (select level, answered, first_met as sla_first_response, resolution_met as sla_resolution, missed as breach_rate,
                    near as near_miss, case when urgent(level) then first_met end as urgent_in_target, recontact as recontact_rate,
                    recontact_same as recontact_same_rate, escalated as escalation_rate, caught as caught_early, false_high, false_low
             from g where opened_in)
    on columns(* exclude level) into name name value verdict
    union all by name
    unpivot (select level, recontact_solved as recontact_after_solved_rate, reopened as reopen_rate,
                    case when urgent(level) then reopened end as reopen_rate_urgent, first_contact as first_contact_resolution
             from g where solved_in)
    on columns(* exclude level) into name name value verdict
    union all by name
    select level, 'sla_next_response' as name, met as verdict from waits where met is not null
    union all by name
    select 'unknown' as level, 'overloaded_weeks' as name, solved > 250 as verdict from weeks
    union all by name
    unpivot (select 'unknown' as level, nature = 'lookup' as nature_lookup, nature = 'process' as nature_process,
                    nature = 'advisory' as nature_advisory, nature = 'emotional' as nature_emotional
             from (select f.* from f where nature is not null and created_at < stop order by created_at desc, ticket_id desc limit 500))
    on columns(* exclude level) into name name value verdict
);

create or replace temp table shown as
select name, segment, k / n as value, wilson(k, n, -1) as low, wilson(k, n, 1) as high, n from (
    select name, 'all' as segment, count(*) filter (verdict)::double as k, count(*)::double as n from shares group by name
    union all
    select name, 'level=' || level, count(*) filter (verdict)::double, count(*)::double from shares
    where name in ('answered', 'sla_first_response', 'sla_next_response', 'sla_resolution', 'breach_rate', 'near_miss') group by all);

create or replace temp table spans as
select name, minutes from (
    unpivot (select meaningful as ttfmr, first_response, human as human_response from f where opened_in)
    on ttfmr, first_response, human_response into name name value minutes
    union all by name
    select 'resolution' as name, resolution as minutes from f where solved_in and resolution is not null
    union all by name
    select 'next_response' as name, waited as minutes from waits where waited is not null
    union all by name
    select 'backlog_age' as name, minutes(created_at, least(stop, as_of)) as minutes from f where open_then);

create or replace temp table quantiles as
with sorted as (select name, list_sort(list(minutes)) as xs from spans group by name)
select case when name = 'backlog_age' then name else name || '_median' end as name, list_aggregate(xs, 'quantile_cont', 0.5) as value,
       ranked(xs, 0.5, -1) as low, ranked(xs, 0.5, 1) as high, len(xs) as n from sorted
union all
select name || '_p90', list_aggregate(xs, 'quantile_cont', 0.9), ranked(xs, 0.9, -1), ranked(xs, 0.9, 1), len(xs)
from sorted where name <> 'backlog_age';

create or replace temp table means as
select name, avg(figure) as value, count(*) as n from (
    unpivot (select returns::double as back_and_forths, transfers::double as transfers, waiting_internal::double as waiting_internal,
                    csat, case when high_risk then csat end as csat_high_risk from f where opened_in)
    on back_and_forths, transfers, waiting_internal, csat, csat_high_risk into name name value figure
    union all by name
    select 'handling_time' as name, handling_minutes as figure from f where solved_in and handling_minutes is not null
    union all by name
    select 'agent_load' as name, solved::double as figure from weeks)
group by name;

create or replace temp table result as
select name, segment, value, low, high, n::bigint as n from shown
union all by name
select name, 'all' as segment, value, low, high, n::bigint as n from quantiles
union all by name
select name, 'all' as segment, value, n::bigint as n from means
union all by name
select 'inflow' as name, 'all' as segment, opened::double as value, opened as n from drain where opened > 0
union all by name
select 'closed' as name, 'all' as segment, solved::double as value, solved as n from drain where solved > 0
union all by name
select 'net_flow' as name, 'all' as segment, (opened - solved)::double as value, opened + solved as n from drain
union all by name
select 'capacity' as name, 'all' as segment, capacity as value, solved as n from drain where solved > 0
union all by name
select 'inflow_to_capacity' as name, 'all' as segment, inflow / capacity as value, solved as n from drain where solved > 0
union all by name
select 'days_to_drain' as name, 'all' as segment, case when capacity > inflow then backlog / (capacity - inflow) end as value, backlog as n
from drain where solved > 0
union all by name
select 'backlog' as name, 'all' as segment, count(*)::double as value, count(*) as n from f where open_then having count(*) > 0
union all by name
select 'backlog' as name, 'level=' || level as segment, count(*)::double as value, count(*) as n from f where open_then group by level
union all by name
select 'backlog' as name,
       'age_band=' || case when days < 1 then 'under 1 day' when days < 3 then '1 to 3 days' when days < 7 then '3 to 7 days'
                           when days < 30 then '7 to 30 days' else 'over 30 days' end as segment,
       count(*)::double as value, count(*) as n
from (select trunc(minutes(created_at, least(stop, as_of)) * 60) / 86400 as days from f where open_then) group by all;
