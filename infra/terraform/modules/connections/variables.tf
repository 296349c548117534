variable "processes" {
  description = "Server processes side by side at the worst moment: in a rolling update, the old ones and the new ones."
  type        = number

  validation {
    condition     = var.processes >= 1 && floor(var.processes) == var.processes
    error_message = "processes is ${var.processes}: give a whole number, 1 or more."
  }
}

variable "jobs" {
  description = "N_JOBS_PER_WORKER: runs side by side in one process."
  type        = number
  default     = 10

  validation {
    condition     = var.jobs >= 0 && floor(var.jobs) == var.jobs
    error_message = "jobs is ${var.jobs}: give a whole number, 0 or more."
  }
}

variable "isolated_loops" {
  description = "BG_JOB_ISOLATED_LOOPS: an event loop, and so a pool, for each job."
  type        = bool
  default     = false
}

variable "budget" {
  description = "CHECKPOINT_CONNECTION_BUDGET: connections that Holdfast may hold in one process."
  type        = number
  default     = 20

  validation {
    condition     = var.budget >= 1 && floor(var.budget) == var.budget
    error_message = "budget is ${var.budget}: give a whole number, 1 or more."
  }
}

variable "server_pool" {
  description = "LANGGRAPH_POSTGRES_POOL_MAX_SIZE: connections of LangGraph's own pool in one process."
  type        = number
  default     = 0

  validation {
    condition     = var.server_pool >= 0 && floor(var.server_pool) == var.server_pool
    error_message = "server_pool is ${var.server_pool}: give a whole number, 0 or more."
  }
}

variable "reserved" {
  description = "superuser_reserved_connections plus reserved_connections of PostgreSQL."
  type        = number
  default     = 3

  validation {
    condition     = var.reserved >= 0 && floor(var.reserved) == var.reserved
    error_message = "reserved is ${var.reserved}: give a whole number, 0 or more."
  }
}

variable "others" {
  description = "Connections of all other clients: people, dashboards, backups."
  type        = number
  default     = 0

  validation {
    condition     = var.others >= 0 && floor(var.others) == var.others
    error_message = "others is ${var.others}: give a whole number, 0 or more."
  }
}
