output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "public_subnet_ids" {
  description = "Subnets of the load balancer, one for each zone."
  value       = [for zone in var.zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "Subnets of the tasks, with a way out through NAT."
  value       = [for zone in var.zones : aws_subnet.private[zone].id]
}

output "data_subnet_ids" {
  description = "Subnets of database and cache, without a way out."
  value       = [for zone in var.zones : aws_subnet.data[zone].id]
}

output "nat_addresses" {
  description = "Public addresses that the tasks are seen with, for allow lists of others."
  value       = [for zone in local.nat_zones : aws_eip.nat[zone].public_ip]
}
