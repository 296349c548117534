locals {
  port = 8000

  # a proxy's certificate is of Amazon's public authority, an instance's of RDS's own
  database_tls = "sslmode=verify-full&sslrootcert=${var.database.proxy ? var.system_ca_bundle : var.ca_bundle}"
}

module "network" {
  source = "./modules/network"

  name                = var.name
  cidr                = var.vpc_cidr
  zones               = [for letter in var.zones : "${var.region}${letter}"]
  nat_gateways        = var.nat_gateways
  interface_endpoints = setunion(["ecr.api", "ecr.dkr", "logs", "secretsmanager"], length(var.bedrock_model_arns) > 0 ? ["bedrock-runtime"] : [])
  logs_key_arn        = aws_kms_key.logs.arn
}

# What all tasks may open while the new ones of an update stand beside the old ones (deployment_maximum_percent = 200)
module "connections" {
  source = "./modules/connections"

  processes   = 2 * (var.api.max_tasks + var.worker.max_tasks)
  jobs        = var.worker.jobs
  budget      = var.connection_budget
  server_pool = var.server_pool_size
  # superuser_reserved_connections is 3 and rds.rds_superuser_reserved_connections 2
  reserved = 5
  others   = var.database.other_connections
}

module "postgres" {
  source = "./modules/postgres"

  name                  = var.name
  subnet_ids            = module.network.data_subnet_ids
  security_group_id     = aws_security_group.this["data"].id
  engine_version        = var.database.engine_version
  instance_class        = var.database.instance_class
  allocated_storage     = var.database.allocated_storage
  max_allocated_storage = var.database.max_allocated_storage
  multi_az              = var.database.multi_az
  max_connections       = var.database.max_connections
  connections_needed    = module.connections.max_connections_needed
  username              = local.database_username
  password              = local.database_password
  password_version      = var.database_password_version
  backup_retention_days = var.database.backup_retention_days
  deletion_protection   = var.deletion_protection
  log_retention_days    = var.log_retention_days
  data_key_arn          = aws_kms_key.data.arn
  logs_key_arn          = aws_kms_key.logs.arn
  proxy = !var.database.proxy ? null : {
    secret_arn        = aws_secretsmanager_secret.database.arn
    security_group_id = aws_security_group.this["proxy"].id
  }
}

module "cache" {
  source = "./modules/cache"

  name               = var.name
  subnet_ids         = module.network.data_subnet_ids
  security_group_id  = aws_security_group.this["cache"].id
  node_type          = var.cache.node_type
  nodes              = var.cache.nodes
  log_retention_days = var.log_retention_days
  data_key_arn       = aws_kms_key.data.arn
  logs_key_arn       = aws_kms_key.logs.arn
}

module "edge" {
  source = "./modules/edge"

  name                   = var.name
  vpc_id                 = module.network.vpc_id
  subnet_ids             = var.internal ? module.network.private_subnet_ids : module.network.public_subnet_ids
  security_group_id      = aws_security_group.this["edge"].id
  internal               = var.internal
  certificate_arn        = var.certificate_arn
  domain_name            = var.domain_name
  zone_id                = var.zone_id
  port                   = local.port
  idle_timeout           = var.idle_timeout
  requests_per_5_minutes = var.requests_per_5_minutes
  deletion_protection    = var.deletion_protection
  log_retention_days     = var.log_retention_days
  logs_key_arn           = aws_kms_key.logs.arn
}

module "observability" {
  source = "./modules/observability"

  name                 = var.name
  logs_key_arn         = aws_kms_key.logs.arn
  log_retention_days   = var.log_retention_days
  alarm_emails         = var.alarm_emails
  services             = ["api", "worker"]
  cluster_name         = aws_ecs_cluster.this.name
  load_balancer_suffix = module.edge.load_balancer_suffix
  target_group_suffix  = module.edge.target_group_suffix
  cache_node_ids       = module.cache.node_ids
  database = {
    identifier        = module.postgres.identifier
    max_connections   = var.database.max_connections
    allocated_storage = var.database.allocated_storage
  }
}

# --- Tasks ------------------------------------------------------------------------------------------------

resource "aws_ecs_cluster" "this" {
  name = var.name

  # the workers scale on the number of their tasks
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

locals {
  environment = merge(
    {
      PORT       = tostring(local.port)
      AWS_REGION = var.region
      LOG_JSON   = "true"
      # what libraries keep in a home, where the image can't be written
      HOME         = "/tmp"
      MPLCONFIGDIR = "/tmp/matplotlib"

      CHECKPOINT_POSTGRES_URI = format(
        "postgresql://%s@%s:%d/%s?%s",
        coalesce(var.database_iam_user, local.database_username),
        module.postgres.host, module.postgres.port, module.postgres.database_name, local.database_tls,
      )
      CHECKPOINT_POSTGRES_CREDENTIALS   = "graphs.server.aws:${var.database_iam_user == null ? "password_of_secret" : "iam_token"}"
      CHECKPOINT_CONNECTION_BUDGET      = tostring(var.connection_budget)
      CHECKPOINT_OUTAGE_BUDGET_SECONDS  = tostring(var.outage_budget)
      CHECKPOINT_PREPARED_STATEMENTS    = var.database.proxy ? "off" : "auto"
      LANGGRAPH_POSTGRES_POOL_MAX_SIZE  = tostring(var.server_pool_size)
      BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS = tostring(var.grace_period)
      AGENT_REDIS_IAM_AUTH_PROVIDER     = "aws"

      ARTIFACTS_URL     = "s3://${aws_s3_bucket.artifacts.id}/files"
      TABLE_FOLDER      = "/tmp/tables"
      MODEL             = var.model
      LANGSMITH_TRACING = tostring(var.langsmith_tracing)
    },
    var.database_iam_user == null ? { DATABASE_SECRET_ARN = aws_secretsmanager_secret.database.arn } : { AGENT_POSTGRES_IAM_AUTH_PROVIDER = "aws" },
  )

  task_secrets = merge(
    # with its version, so that a rotated password makes new tasks: LangGraph's server reads its URI at the start only
    { for name, version in aws_secretsmanager_secret_version.uri : name => "${version.arn}:::${version.version_id}" },
    { for name, secret in aws_secretsmanager_secret.application : name => secret.arn },
  )

  services = {
    api = {
      command     = null
      size        = var.api
      health_path = "/live"
      environment = {
        # runs are the workers'
        N_JOBS_PER_WORKER = "0"
        # what the workers scale on; LangGraph's server counts as often
        QUEUE_DEPTH_LOG_SECONDS = "30"
        STATS_INTERVAL_SECS     = "30"
        # the load balancer must be the one that closes an idle connection: else it sends a request into a closed one
        UVICORN_TIMEOUT_KEEP_ALIVE = tostring(var.idle_timeout + 5)
        # whose X-Forwarded-Proto and X-Forwarded-For are believed
        FORWARDED_ALLOW_IPS = var.vpc_cidr
      }
      target_group = {
        arn                  = module.edge.target_group_arn
        load_balancer_suffix = module.edge.load_balancer_suffix
        target_group_suffix  = module.edge.target_group_suffix
        requests_per_minute  = var.api.requests_per_minute
      }
      queue = null
    }
    worker = {
      command = var.worker_command
      size    = var.worker
      # LangGraph's: a worker serves no routes of Holdfast. It asks the database unless told not to
      health_path  = "/ok?check_db=0"
      environment  = { N_JOBS_PER_WORKER = tostring(var.worker.jobs) }
      target_group = null
      queue = merge(module.observability.queue_metrics, {
        jobs_per_task  = var.worker.jobs
        target_percent = var.worker.target_percent
      })
    }
  }
}

module "service" {
  source = "./modules/service"

  # with an empty repository there is nothing to run
  for_each = { for name, service in local.services : name => service if var.image_tag != null }

  name         = "${var.name}-${each.key}"
  region       = var.region
  cluster_arn  = aws_ecs_cluster.this.arn
  cluster_name = aws_ecs_cluster.this.name
  image        = "${aws_ecr_repository.this.repository_url}:${var.image_tag}"
  command      = each.value.command
  environment = merge(
    local.environment,
    # a quarter of the disk: uploads on their way and what queries spill want the rest
    { TABLE_CACHE_MAX_BYTES = tostring(each.value.size.disk * 268435456) },
    each.value.environment,
    var.environment,
  )
  secrets            = local.task_secrets
  cpu                = each.value.size.cpu
  memory             = each.value.size.memory
  ephemeral_storage  = each.value.size.disk
  read_only          = var.read_only_image
  port               = local.port
  health_path        = each.value.health_path
  grace_period       = var.grace_period
  subnet_ids         = module.network.private_subnet_ids
  security_group_id  = aws_security_group.this[each.key].id
  execution_role_arn = aws_iam_role.execution.arn
  task_role_arn      = aws_iam_role.task[each.key].arn
  log_group          = module.observability.log_groups[each.key].name
  min_tasks          = each.value.size.min_tasks
  max_tasks          = each.value.size.max_tasks
  target_group       = each.value.target_group
  queue              = each.value.queue

  # a task that starts before it may read its secrets fails
  depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy.tasks, aws_iam_role_policy.models]
}
