run "the_example_of_the_sizing_page" {
  command = plan

  variables {
    processes = 6
  }

  assert {
    condition     = output.total == 120 && output.max_connections_needed == 123 && output.pool_size == 20
    error_message = "docs/sizing.md says 120 connections and max_connections=123."
  }
}

run "loops_share_the_budget" {
  command = plan

  variables {
    processes      = 2
    jobs           = 4
    isolated_loops = true
    budget         = 23
    server_pool    = 7
  }

  assert {
    condition     = output.pool_size == 4 && output.per_process == 27 && output.total == 54
    error_message = "5 event loops share 23 connections: 4 each, and 7 of LangGraph's own pool."
  }
}

run "half_a_process_is_refused" {
  command = plan

  variables {
    processes = 0.5
  }

  expect_failures = [var.processes]
}
