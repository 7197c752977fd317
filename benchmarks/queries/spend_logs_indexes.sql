-- The indexes of the table, two of which reading goes by; made when it is full, which is far quicker.
set maintenance_work_mem = '512MB';
alter table "LiteLLM_SpendLogs" add primary key (request_id);
create index on "LiteLLM_SpendLogs" ("startTime", request_id);
create index on "LiteLLM_SpendLogs" ("startTime");
