internal = Internal error: { $detail }
    .next = Report this sentence and the huxue version to the county's administrator; no record was lost.
