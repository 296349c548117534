variable "name" {
  description = "Prefix of all names, and the name of the replication group and its user."
  type        = string

  validation {
    condition     = length(var.name) <= 40
    error_message = "name is ${var.name}: ElastiCache takes 40 characters at most."
  }
}

variable "subnet_ids" {
  description = "Subnets of the nodes, in two zones or more."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the nodes."
  type        = string
}

variable "engine_version" {
  description = "Version of Valkey."
  type        = string
  default     = "8.0"

  validation {
    condition     = can(regex("^([89]\\.[0-9]+|7\\.[2-9])$", var.engine_version))
    error_message = "engine_version is ${var.engine_version}: give 7.2 or newer, as major.minor. Older ones know no IAM authentication."
  }
}

variable "node_type" {
  description = "Size of one node."
  type        = string

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "node_type is ${var.node_type}: give a type of ElastiCache, such as cache.t4g.small."
  }
}

variable "nodes" {
  description = "The primary and its replicas; two or more fail over by themselves."
  type        = number
  default     = 2

  validation {
    condition     = var.nodes >= 1 && var.nodes <= 6 && floor(var.nodes) == var.nodes
    error_message = "nodes is ${var.nodes}: give 1 (no failover) to 6."
  }
}

variable "snapshot_retention_days" {
  description = "Days for which snapshots are kept. The cache holds only what passes between tasks, so none are needed to restore a session."
  type        = number
  default     = 1
}

variable "log_retention_days" {
  description = "Days for which the logs are kept."
  type        = number
  default     = 90
}

variable "data_key_arn" {
  description = "KMS key of what is stored."
  type        = string
}

variable "logs_key_arn" {
  description = "KMS key of the logs; its policy has to let CloudWatch Logs use it."
  type        = string
}
