-- Every table and column that somebody made in this file.
select table_name, column_name
from information_schema.columns
where table_schema = 'main'
