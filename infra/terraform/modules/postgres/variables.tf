variable "name" {
  description = "Prefix of all names, and the name of the instance."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the instance, in two zones or more."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the instance."
  type        = string
}

variable "engine_version" {
  description = "Major version of PostgreSQL; RDS takes its newest minor version."
  type        = string
  default     = "17"

  validation {
    condition     = can(regex("^1[4-9]$", var.engine_version))
    error_message = "engine_version is ${var.engine_version}: give a major version alone, 14 or newer. Holdfast needs client_connection_check_interval, which came with 14."
  }
}

variable "instance_class" {
  description = "Size of the instance."
  type        = string

  validation {
    condition     = startswith(var.instance_class, "db.")
    error_message = "instance_class is ${var.instance_class}: give a class of RDS, such as db.t4g.medium."
  }
}

variable "allocated_storage" {
  description = "Storage at the start, in GiB."
  type        = number
  default     = 50

  validation {
    condition     = var.allocated_storage >= 20
    error_message = "allocated_storage is ${var.allocated_storage}: gp3 starts at 20 GiB."
  }
}

variable "max_allocated_storage" {
  description = "What storage may grow to by itself, in GiB. A full disk is waited out by Holdfast, but somebody has to end it."
  type        = number
  default     = 500

  validation {
    condition     = var.max_allocated_storage >= var.allocated_storage * 1.1
    error_message = "max_allocated_storage is ${var.max_allocated_storage}: RDS wants at least a tenth more than allocated_storage, ${var.allocated_storage}."
  }
}

variable "multi_az" {
  description = "A standby in another zone, replicated synchronously, that takes over by itself."
  type        = bool
  default     = true
}

variable "max_connections" {
  description = "PostgreSQL's max_connections. A change waits for the next reboot."
  type        = number

  validation {
    condition     = var.max_connections >= 20 && var.max_connections <= 8000
    error_message = "max_connections is ${var.max_connections}: give 20 to 8000."
  }
}

variable "connections_needed" {
  description = "What max_connections has to be at least for all that connects (see the module connections)."
  type        = number
}

variable "database_name" {
  description = "Database of Holdfast's sessions. LangGraph's server uses the database postgres, which RDS always has: both would make a table named checkpoints."
  type        = string
  default     = "holdfast"
}

variable "username" {
  description = "Name of the master user."
  type        = string
  default     = "holdfast"

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.username)) && !contains(["postgres", "rdsadmin", "admin", "user"], var.username)
    error_message = "username is ${var.username}: give small letters, digits and _, not a name that RDS keeps for itself."
  }
}

variable "password" {
  description = "Password of the master user. It goes to RDS and not into the state."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "password_version" {
  description = "Count it up to give RDS the password anew: nobody can compare a value that is not in the state."
  type        = number
}

variable "backup_retention_days" {
  description = "Days over which the database can be restored to any second."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "backup_retention_days is ${var.backup_retention_days}: RDS keeps backups for 1 to 35 days, and sessions without a backup are one mistake from gone."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the instance, and make a last snapshot if it is deleted all the same."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days for which PostgreSQL's log is kept."
  type        = number
  default     = 90
}

variable "data_key_arn" {
  description = "KMS key of storage, backups and Performance Insights."
  type        = string
}

variable "logs_key_arn" {
  description = "KMS key of the logs; its policy has to let CloudWatch Logs use it."
  type        = string
}

variable "proxy" {
  description = "An RDS Proxy before the instance: the secret with username and password that it logs in with, and its security group. null: none."
  type = object({
    secret_arn        = string
    security_group_id = string
  })
  default = null
}
