"""What a deployment by infra/terraform costs on AWS."""
