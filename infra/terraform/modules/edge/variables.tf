variable "name" {
  description = "Prefix of all names."
  type        = string

  validation {
    condition     = length(var.name) <= 28
    error_message = "name is ${var.name}: a target group has 32 characters, of which 4 are taken."
  }
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the load balancer: public ones, or private ones if it is internal."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the load balancer."
  type        = string
}

variable "internal" {
  description = "Give the load balancer private addresses only: for users in a VPN."
  type        = bool
  default     = false
}

variable "certificate_arn" {
  description = "Certificate of ACM in this region; null: one is made for domain_name."
  type        = string
  default     = null
}

variable "domain_name" {
  description = "Name under which people reach the server; null: the load balancer's own."
  type        = string
  default     = null
}

variable "zone_id" {
  description = "Hosted zone of Route 53 in which domain_name is; null: its record is made elsewhere."
  type        = string
  default     = null
}

variable "port" {
  description = "Port of the API tasks."
  type        = number
  default     = 8000
}

variable "health_path" {
  description = "Path that says with 200 whether a task can work."
  type        = string
  default     = "/ready?deadline=2"
}

variable "idle_timeout" {
  description = "Seconds of silence after which a connection is closed. A stream that says nothing for longer than that, not even a heartbeat, is cut."
  type        = number
  default     = 600

  validation {
    condition     = var.idle_timeout >= 300 && var.idle_timeout <= 4000
    error_message = "idle_timeout is ${var.idle_timeout}: give 300 to 4000 seconds; streams are silent for up to 5 minutes while a tool works."
  }
}

variable "requests_per_5_minutes" {
  description = "Requests from one address in 5 minutes above which the firewall refuses more."
  type        = number
  default     = 3000

  validation {
    condition     = var.requests_per_5_minutes >= 10 && var.requests_per_5_minutes <= 2000000000
    error_message = "requests_per_5_minutes is ${var.requests_per_5_minutes}: AWS WAF takes 10 to 2,000,000,000."
  }
}

variable "deletion_protection" {
  description = "Refuse to delete the load balancer, and its log with it."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days for which the logs of load balancer and firewall are kept."
  type        = number
  default     = 90
}

variable "logs_key_arn" {
  description = "KMS key of the firewall's log; its policy has to let CloudWatch Logs use it."
  type        = string
}
