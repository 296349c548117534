# --- Where and how it is named ----------------------------------------------------------------------------

variable "region" {
  description = "Region of AWS."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is ${var.region}: give a region of AWS, such as eu-central-1."
  }
}

variable "name" {
  description = "Prefix of all names; two deployments in one account and region need two."
  type        = string
  default     = "holdfast"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.name)) && length(var.name) <= 20
    error_message = "name is ${var.name}: give at most 20 small letters, digits and single hyphens, a letter first. Load balancers and caches take no more."
  }
}

variable "tags" {
  description = "Further tags of all resources."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Refuse to delete the database, the load balancer, and buckets or a repository that are not empty. Set to false and apply before `terraform destroy`."
  type        = bool
  default     = true
}

# --- Network ----------------------------------------------------------------------------------------------

variable "vpc_cidr" {
  description = "Addresses of the VPC, /16 to /20."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]), 0) >= 16 && try(tonumber(split("/", var.vpc_cidr)[1]), 99) <= 20
    error_message = "vpc_cidr is ${var.vpc_cidr}: give an IPv4 range from /16 to /20, such as 10.40.0.0/16."
  }
}

variable "zones" {
  description = "Availability zones, two or three, by their last letter. They are named and not looked up, so that a zone that AWS adds moves no subnet."
  type        = list(string)
  default     = ["a", "b"]

  validation {
    condition     = contains([2, 3], length(var.zones)) && length(distinct(var.zones)) == length(var.zones) && alltrue([for letter in var.zones : can(regex("^[a-z]$", letter))])
    error_message = "zones is ${jsonencode(var.zones)}: name two or three different zones of the region by their letters, such as a and b."
  }
}

variable "nat_gateways" {
  description = "NAT gateways: 1, or one for each zone, which outlives the loss of a zone."
  type        = number
  default     = 1

  validation {
    condition     = var.nat_gateways >= 1 && var.nat_gateways <= length(var.zones) && floor(var.nat_gateways) == var.nat_gateways
    error_message = "nat_gateways is ${var.nat_gateways}: give 1 to ${length(var.zones)}, the number of zones."
  }
}

# --- Who reaches it ---------------------------------------------------------------------------------------

variable "allowed_cidrs" {
  description = "Addresses that may reach the load balancer. Holdfast asks nobody who they are: whoever reaches it can read and continue every session. Name your VPN or offices, or put your own log-in before it."
  type        = set(string)

  validation {
    condition     = length(var.allowed_cidrs) > 0 && alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "allowed_cidrs is ${jsonencode(var.allowed_cidrs)}: name at least one IPv4 range, such as 203.0.113.0/24."
  }
}

variable "internal" {
  description = "Give the load balancer private addresses only: for users in a VPN or a peered network."
  type        = bool
  default     = false
}

variable "certificate_arn" {
  description = "Certificate of ACM in this region; null: one is made for domain_name."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:(acm|iam):", var.certificate_arn))
    error_message = "certificate_arn is no ARN of a certificate: it begins with arn:aws:acm:."
  }

  validation {
    condition     = var.certificate_arn != null || (var.domain_name != null && var.zone_id != null)
    error_message = "There is no certificate, and sessions don't go over HTTP: give certificate_arn, or domain_name and zone_id, for which one is made."
  }
}

variable "domain_name" {
  description = "Name under which people reach the server; null: the load balancer's own, which no certificate of yours is for."
  type        = string
  default     = null
}

variable "zone_id" {
  description = "Hosted zone of Route 53 for domain_name; null: you make its record."
  type        = string
  default     = null
}

variable "requests_per_5_minutes" {
  description = "Requests from one address in 5 minutes above which the firewall refuses more. Everybody in one office has one address."
  type        = number
  default     = 3000
}

variable "idle_timeout" {
  description = "Seconds of silence after which the load balancer closes a connection."
  type        = number
  default     = 600
}

# --- The image --------------------------------------------------------------------------------------------

variable "image_tag" {
  description = "Tag of the image in the repository that this configuration makes. null: no tasks yet; the first apply makes the repository to push to."
  type        = string
  default     = null

  validation {
    condition     = var.image_tag == null || can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.image_tag))
    error_message = "image_tag is no tag: letters, digits, _, . and -, at most 128, as in 1.4.0 or a commit's hash."
  }

  validation {
    condition     = var.image_tag != "latest"
    error_message = "image_tag is latest: tags can't be moved in this repository, and a rollback needs a name. Give a version or a commit's hash."
  }
}

variable "ca_bundle" {
  description = "Path in the image of the certificates that RDS is verified by."
  type        = string
  default     = "/etc/ssl/certs/rds-global-bundle.pem"

  validation {
    condition     = startswith(var.ca_bundle, "/")
    error_message = "ca_bundle is ${var.ca_bundle}: give an absolute path."
  }
}

variable "system_ca_bundle" {
  description = "Path in the image of the system's certificates; an RDS Proxy is verified by these, since its certificate is of Amazon's public authority."
  type        = string
  default     = "/etc/ssl/certs/ca-certificates.crt"

  validation {
    condition     = startswith(var.system_ca_bundle, "/")
    error_message = "system_ca_bundle is ${var.system_ca_bundle}: give an absolute path."
  }
}

variable "worker_command" {
  description = "What a worker runs: the script of LangGraph's image that starts the queue with all that it needs."
  type        = list(string)
  default     = ["/storage/queue_entrypoint.sh"]
}

# --- Tasks ------------------------------------------------------------------------------------------------

variable "api" {
  description = "Tasks of the API: CPU in units (1024 are one vCPU), memory in MiB, local disk in GiB, tasks at least and at most, and requests for each task and minute that scaling holds."
  type = object({
    cpu                 = optional(number, 1024)
    memory              = optional(number, 4096)
    disk                = optional(number, 30)
    min_tasks           = optional(number, 2)
    max_tasks           = optional(number, 4)
    requests_per_minute = optional(number, 600)
  })
  default = {}
}

variable "worker" {
  description = "Tasks of the workers: CPU in units, memory in MiB, local disk in GiB, tasks at least and at most, runs side by side in one (N_JOBS_PER_WORKER), and the share of all jobs, in per cent, that scaling holds."
  type = object({
    cpu            = optional(number, 2048)
    memory         = optional(number, 8192)
    disk           = optional(number, 100)
    min_tasks      = optional(number, 1)
    max_tasks      = optional(number, 4)
    jobs           = optional(number, 10)
    target_percent = optional(number, 75)
  })
  default = {}

  validation {
    condition     = var.worker.jobs >= 1 && floor(var.worker.jobs) == var.worker.jobs
    error_message = "worker.jobs is ${var.worker.jobs}: give a whole number, 1 or more, or no run is ever done."
  }
}

variable "grace_period" {
  description = "Seconds for which a worker that is told to stop lets its runs finish (BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS). Fargate kills it after 120."
  type        = number
  default     = 90

  validation {
    condition     = var.grace_period >= 1 && var.grace_period <= 110
    error_message = "grace_period is ${var.grace_period}: give 1 to 110 seconds; Fargate kills a task 120 s after it is told to stop."
  }
}

variable "read_only_image" {
  description = "Mount the image read-only in the tasks, which then write to /tmp alone."
  type        = bool
  default     = true
}

variable "environment" {
  description = "Further variables of the environment of all tasks, such as BG_JOB_MAX_RETRIES; no secrets."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setintersection(keys(var.environment), ["DATABASE_URI", "REDIS_URI", "PORT", "N_JOBS_PER_WORKER", "CHECKPOINT_POSTGRES_URI", "CHECKPOINT_CONNECTION_BUDGET", "LANGGRAPH_POSTGRES_POOL_MAX_SIZE", "BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS", "BG_JOB_ISOLATED_LOOPS"])) == 0
    error_message = "environment has ${join(", ", setintersection(keys(var.environment), ["DATABASE_URI", "REDIS_URI", "PORT", "N_JOBS_PER_WORKER", "CHECKPOINT_POSTGRES_URI", "CHECKPOINT_CONNECTION_BUDGET", "LANGGRAPH_POSTGRES_POOL_MAX_SIZE", "BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS", "BG_JOB_ISOLATED_LOOPS"]))}, which this configuration sets itself: the connections have to fit. Use its own variables."
  }
}

variable "application_secrets" {
  description = "Variables of the environment whose values you put into Secrets Manager yourself, before the first image: the licence, LangSmith's key, keys of model providers (OPENAI_API_KEY, …), CHECKPOINT_ENCRYPTION_KEYS."
  type        = set(string)
  default     = ["LANGGRAPH_CLOUD_LICENSE_KEY", "LANGSMITH_API_KEY"]

  validation {
    condition     = alltrue([for name in var.application_secrets : can(regex("^[A-Z][A-Z0-9_]*$", name))])
    error_message = "application_secrets has ${jsonencode(var.application_secrets)}: give names of variables of the environment, in capitals. Their values don't belong here."
  }

  validation {
    condition     = length(setintersection(var.application_secrets, ["LANGGRAPH_CLOUD_LICENSE_KEY", "LANGSMITH_API_KEY"])) > 0
    error_message = "application_secrets has neither LANGGRAPH_CLOUD_LICENSE_KEY nor LANGSMITH_API_KEY: LangGraph's server does not start without a licence."
  }

  validation {
    condition     = length(setintersection(var.application_secrets, keys(var.environment))) == 0
    error_message = "application_secrets and environment both have ${join(", ", setintersection(var.application_secrets, keys(var.environment)))}: one of them has to go."
  }
}

# --- The model --------------------------------------------------------------------------------------------

variable "model" {
  description = "MODEL of Holdfast, provider:name, such as bedrock_converse:eu.anthropic.claude-sonnet-4-5-20250929-v1:0. Empty: the offline planner."
  type        = string
  default     = ""

  validation {
    condition     = var.model == "" || can(regex("^[a-z_]+:.+$", var.model))
    error_message = "model is ${var.model}: write it as provider:name."
  }

  validation {
    condition     = !startswith(var.model, "bedrock") || length(var.bedrock_model_arns) > 0
    error_message = "model is ${var.model}, and bedrock_model_arns names no model that the workers may invoke: give the ARNs of the model, and of the inference profile if it is one."
  }
}

variable "bedrock_model_arns" {
  description = "Models and inference profiles of Bedrock that the workers' role may invoke, without a key."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.bedrock_model_arns : can(regex("^arn:[a-z-]+:bedrock:[a-z0-9*-]*:[0-9]*:(foundation-model|inference-profile|application-inference-profile)/[^*]+$", arn))])
    error_message = "bedrock_model_arns has something that is no ARN of one model or inference profile of Bedrock: write arn:aws:bedrock:REGION::foundation-model/ID, without a * in the ID."
  }
}

variable "langsmith_tracing" {
  description = "Send traces to LangSmith. They hold what people write: LANGSMITH_API_KEY alone would turn this on."
  type        = bool
  default     = false
}

# --- PostgreSQL -------------------------------------------------------------------------------------------

variable "database" {
  description = "RDS: class, storage in GiB at the start and at most, max_connections, a standby in another zone, days of backups, major version, RDS Proxy, connections that others hold."
  type = object({
    instance_class        = optional(string, "db.t4g.medium")
    allocated_storage     = optional(number, 50)
    max_allocated_storage = optional(number, 500)
    max_connections       = optional(number, 400)
    multi_az              = optional(bool, true)
    backup_retention_days = optional(number, 14)
    engine_version        = optional(string, "17")
    proxy                 = optional(bool, false)
    other_connections     = optional(number, 15)
  })
  default = {}
}

variable "database_password_version" {
  description = "Count it up to rotate the password of the database."
  type        = number
  default     = 1

  validation {
    condition     = var.database_password_version >= 1 && floor(var.database_password_version) == var.database_password_version
    error_message = "database_password_version is ${var.database_password_version}: give a whole number, 1 or more."
  }
}

variable "database_iam_user" {
  description = "User of PostgreSQL that tasks log in as with IAM tokens in place of a password; you make it (see README.md). null: the master user with its password."
  type        = string
  default     = null

  validation {
    condition     = var.database_iam_user == null || can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_iam_user))
    error_message = "database_iam_user is no name of a user that this configuration can write into a URI: small letters, digits and _."
  }

  validation {
    condition     = var.database_iam_user == null || !var.database.proxy
    error_message = "database_iam_user and database.proxy don't go together here: the proxy logs in with the password of the master user."
  }
}

variable "connection_budget" {
  description = "CHECKPOINT_CONNECTION_BUDGET: connections that Holdfast may hold in one task."
  type        = number
  default     = 10
}

variable "server_pool_size" {
  description = "LANGGRAPH_POSTGRES_POOL_MAX_SIZE: connections of LangGraph's own pool in one task."
  type        = number
  default     = 10

  validation {
    condition     = var.server_pool_size >= 2
    error_message = "server_pool_size is ${var.server_pool_size}: LangGraph's server needs 2 connections or more."
  }
}

variable "outage_budget" {
  description = "CHECKPOINT_OUTAGE_BUDGET_SECONDS: seconds for which a session waits for a database that does not answer, before its run is queued again. A failover of RDS takes one or two minutes."
  type        = number
  default     = 180

  validation {
    condition     = var.outage_budget >= 60 && var.outage_budget <= 86400
    error_message = "outage_budget is ${var.outage_budget}: give 60 to 86,400 seconds; less does not outlast a failover of RDS."
  }
}

# --- Cache ------------------------------------------------------------------------------------------------

variable "cache" {
  description = "ElastiCache: type of a node, and nodes (2 or more fail over by themselves)."
  type = object({
    node_type = optional(string, "cache.t4g.small")
    nodes     = optional(number, 2)
  })
  default = {}
}

# --- Observability ----------------------------------------------------------------------------------------

variable "alarm_emails" {
  description = "Who is told of an alarm."
  type        = set(string)
  default     = []
}

variable "log_retention_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 90
}
