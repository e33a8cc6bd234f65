-- Tasks that are over, of which any worker tells their runs.
CREATE INDEX task_over ON task(put_at) WHERE worker IS NULL AND (cancelled OR lost);
