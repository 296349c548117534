# Plans of the whole, against an AWS that answers (tests/infra starts an emulated one): nothing is applied.

variables {
  region          = "eu-central-1"
  allowed_cidrs   = ["203.0.113.0/24"]
  certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/given"
  image_tag       = "1.0.0"
}

run "without_an_image_there_are_no_tasks" {
  command = plan

  variables {
    image_tag = null
  }

  assert {
    condition     = length(output.service_names) == 0
    error_message = "The first apply makes the repository, and no task that could find no image."
  }
}

run "the_contract_of_langgraphs_server" {
  command = plan

  assert {
    condition     = local.services.api.environment.N_JOBS_PER_WORKER == "0" && local.services.api.command == null
    error_message = "API tasks run no jobs, and the image's own command is the API."
  }

  assert {
    condition     = local.services.worker.environment.N_JOBS_PER_WORKER == "10" && join(" ", local.services.worker.command) == "/storage/queue_entrypoint.sh"
    error_message = "Workers run jobs, through the queue's entrypoint."
  }

  assert {
    condition     = local.environment.PORT == "8000" && local.environment.BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS == "90" && local.environment.LANGSMITH_TRACING == "false"
    error_message = "Port, grace period and tracing are set."
  }

  assert {
    condition     = local.environment.CHECKPOINT_CONNECTION_BUDGET == "10" && local.environment.LANGGRAPH_POSTGRES_POOL_MAX_SIZE == "10" && output.connections.total == 320
    error_message = "16 tasks of an update, with 10 connections of each of the two pools."
  }
}

run "with_iam_tokens" {
  command = plan

  variables {
    database_iam_user = "holdfast_app"
  }

  assert {
    condition     = local.environment.CHECKPOINT_POSTGRES_CREDENTIALS == "graphs.server.aws:iam_token" && local.environment.AGENT_POSTGRES_IAM_AUTH_PROVIDER == "aws" && !contains(keys(local.environment), "DATABASE_SECRET_ARN")
    error_message = "Both pools log in with tokens, and no task reads a password."
  }
}

run "behind_a_proxy" {
  command = plan

  variables {
    database = { proxy = true }
  }

  assert {
    condition     = local.database_tls == "sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt" && local.environment.CHECKPOINT_PREPARED_STATEMENTS == "off"
    error_message = "A proxy has a certificate of the public authority, and must not be pinned by prepared statements."
  }

  assert {
    condition     = local.ways["worker-database"].to == "proxy" && local.ways["proxy-database"].to == "data"
    error_message = "Tasks reach the database through the proxy alone."
  }
}

# each of these alone is refused; one run is as good as many, and Terraform says which was not

run "what_can_not_be" {
  command = plan

  variables {
    name              = "holdfast-of-the-whole-house"
    vpc_cidr          = "10.40.0.0/24"
    nat_gateways      = 3
    certificate_arn   = null
    allowed_cidrs     = []
    image_tag         = "latest"
    model             = "bedrock_converse:eu.amazon.nova-pro-v1:0"
    environment       = { N_JOBS_PER_WORKER = "50" }
    grace_period      = 180
    outage_budget     = 30
    worker            = { jobs = 0 }
    server_pool_size  = 1
    database_iam_user = "holdfast-app"
  }

  expect_failures = [
    var.name,
    var.vpc_cidr,
    var.nat_gateways,
    var.certificate_arn,
    var.allowed_cidrs,
    var.image_tag,
    var.model,
    var.environment,
    var.grace_period,
    var.outage_budget,
    var.worker,
    var.server_pool_size,
    var.database_iam_user,
  ]
}

run "what_can_not_be_together" {
  command = plan

  variables {
    zones               = ["a"]
    application_secrets = ["OPENAI_API_KEY"]
    bedrock_model_arns  = ["arn:aws:bedrock:eu-central-1::foundation-model/*"]
    database_iam_user   = "holdfast_app"
    database            = { proxy = true }
  }

  expect_failures = [var.zones, var.application_secrets, var.bedrock_model_arns, var.database_iam_user]
}
