variable "name" {
  description = "Prefix of all names."
  type        = string
}

variable "cidr" {
  description = "Addresses of the VPC, /16 to /20: cut into 16 parts, of which each subnet takes one."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]), 0) >= 16 && try(tonumber(split("/", var.cidr)[1]), 99) <= 20
    error_message = "cidr is ${var.cidr}: give an IPv4 range from /16 to /20, such as 10.40.0.0/16. A smaller one has no room for the tasks of a rolling update in each subnet."
  }
}

variable "zones" {
  description = "Names of the availability zones, two or three."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 3 && length(distinct(var.zones)) == length(var.zones)
    error_message = "zones is ${jsonencode(var.zones)}: name two or three different availability zones; a load balancer and a standby need two."
  }
}

variable "nat_gateways" {
  description = "NAT gateways: 1 is cheaper, one for each zone outlives the loss of a zone."
  type        = number
  default     = 1

  validation {
    condition     = var.nat_gateways >= 1 && var.nat_gateways <= length(var.zones) && floor(var.nat_gateways) == var.nat_gateways
    error_message = "nat_gateways is ${var.nat_gateways}: give 1, or up to one for each of the ${length(var.zones)} zones. With none the server could not reach the licence service."
  }
}

variable "interface_endpoints" {
  description = "AWS services that are reached inside the VPC, by the last part of their name; each costs by the hour and zone."
  type        = set(string)
  default     = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"]
}

variable "flow_log_retention_days" {
  description = "Days for which the flow logs are kept."
  type        = number
  default     = 365
}

variable "logs_key_arn" {
  description = "KMS key of the flow logs; its policy has to let CloudWatch Logs use it."
  type        = string
}
